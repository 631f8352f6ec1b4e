// SPDX-License-Identifier: Apache-2.0
// Produce: what each partition is answered, order, acks, and what happens when the disk stands
// still.
#include "protocol/messages/produce.h"

#include <gtest/gtest.h>

#include <list>

#include "base/random.h"
#include "broker/test/broker_rig.h"

namespace barnabas::broker {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

// The first batch of a producer.
const protocol::BatchOptions idempotent = [] {
    protocol::BatchOptions options;
    options.producer_id = ProducerId{7};
    options.producer_epoch = 0;
    options.base_sequence = 0;
    return options;
}();

struct ProduceTest : testing::Test {
    void SetUp() override {
        rig.start();
        topic_id = rig.create_topic("t", 3);
    }

    ProduceRequest request(int16_t acks = 1) {
        ProduceRequest produce;
        produce.acks = acks;
        produce.timeout_ms = 3000;
        return produce;
    }
    ProduceRequest::TopicProduceData& topic(ProduceRequest& produce, const std::string& name) {
        auto& data = produce.topic_data.emplace_back();
        data.name = Text(name);
        data.topic_id = topic_id;
        return data;
    }
    // The request borrows the batch, as it does from a frame, which a late append keeps alive.
    void add(ProduceRequest::TopicProduceData& topic, int32_t partition,
             std::vector<uint8_t> batch) {
        auto& data = topic.partition_data.emplace_back();
        data.index = PartitionIndex{partition};
        data.records = protocol::Records(Blob::borrow(frames.emplace_back(std::move(batch))));
    }
    // One batch to one partition of a topic.
    ProduceRequest one(std::vector<uint8_t> batch, const std::string& name = "t",
                       int32_t partition = 0, int16_t acks = 1) {
        ProduceRequest produce = request(acks);
        add(topic(produce, name), partition, std::move(batch));
        return produce;
    }
    ProduceResponse produce(ProduceRequest request, int16_t version = 9) {
        return rig.call(handle_produce, std::move(request), version);
    }
    PartitionAnswer produce_one(ProduceRequest request, int16_t version = 9) {
        const ProduceResponse response = produce(std::move(request), version);
        EXPECT_EQ(response.responses.size(), 1u);
        return response.responses.at(0).partition_responses.at(0);
    }
    static void expect_refused(const PartitionAnswer& answer, ErrorCode error) {
        EXPECT_EQ(answer.error_code, error) << error_name(answer.error_code);
        EXPECT_EQ(answer.base_offset, offset_none);
        EXPECT_EQ(answer.log_append_time_ms, -1);
    }

    std::list<std::vector<uint8_t>> frames;  // outlives the rig's lanes
    BrokerRig rig;
    Uuid topic_id;
};

TEST_F(ProduceTest, answers_offsets_in_every_version) {
    for (int16_t version = 3; version <= 13; ++version) {
        const PartitionAnswer answer = produce_one(one(batch_of({"a", "b"})), version);
        EXPECT_EQ(answer.error_code, ErrorCode::none) << version;
        EXPECT_EQ(answer.base_offset, Offset{2 * (version - 3)});
        EXPECT_EQ(answer.log_append_time_ms, -1);
        EXPECT_EQ(answer.log_start_offset, Offset{0});
        EXPECT_FALSE(answer.error_message.has_value());
    }
    EXPECT_EQ(rig.partition("t")->high_watermark(), Offset{22});
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{22});
}

TEST_F(ProduceTest, B19_each_partition_is_answered_for_itself) {
    ProduceRequest mixed = request();
    auto& known = topic(mixed, "t");
    add(known, 0, batch_of({"good"}));
    add(known, 9, batch_of({"no such partition"}));
    auto broken = batch_of({"broken"});
    broken.back() ^= 1;
    add(known, 1, std::move(broken));
    known.partition_data.emplace_back().index = PartitionIndex{2};  // null records
    add(known, 2, batch_of({"good"}));
    add(topic(mixed, "unknown"), 0, batch_of({"lost"}));

    const ProduceResponse response = produce(std::move(mixed));
    ASSERT_EQ(response.responses.size(), 2u);
    EXPECT_EQ(response.responses[0].name, "t");
    const auto& answers = response.responses[0].partition_responses;
    ASSERT_EQ(answers.size(), 5u);
    EXPECT_EQ(answers[0].error_code, ErrorCode::none);
    expect_refused(answers[1], ErrorCode::unknown_topic_or_partition);
    expect_refused(answers[2], ErrorCode::corrupt_message);
    expect_refused(answers[3], ErrorCode::invalid_record);
    EXPECT_EQ(answers[4].error_code, ErrorCode::none);
    EXPECT_EQ(answers[4].base_offset, Offset{0});
    expect_refused(response.responses[1].partition_responses.at(0),
                   ErrorCode::unknown_topic_or_partition);
}

TEST_F(ProduceTest, unknown_topic_ids) {
    ProduceRequest by_id = one(batch_of({"a"}));
    by_id.topic_data[0].topic_id = Uuid{{1, 2, 3}};
    expect_refused(produce_one(std::move(by_id), 13), ErrorCode::unknown_topic_id);
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{0});
}

TEST_F(ProduceTest, refuses_other_acks_for_every_partition) {
    for (const int16_t acks : std::initializer_list<int16_t>{-2, 2, 7}) {
        ProduceRequest produce_all = one(batch_of({"a"}), "t", 0, acks);
        add(produce_all.topic_data[0], 1, batch_of({"b"}));
        const ProduceResponse response = produce(std::move(produce_all));
        for (const auto& answer : response.responses.at(0).partition_responses)
            expect_refused(answer, ErrorCode::invalid_required_acks);
    }
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{0});
}

TEST_F(ProduceTest, N10_acks_0_has_no_answer_and_an_error_closes) {
    RequestContext good = rig.context(9);
    (void)rig.loop.run_until_done(handle_produce(good, one(batch_of({"a"}), "t", 0, 0)));
    EXPECT_TRUE(good.no_answer);
    EXPECT_FALSE(good.close_connection);
    RequestContext bad = rig.context(9);
    (void)rig.loop.run_until_done(handle_produce(bad, one(batch_of({"a"}), "unknown", 0, 0)));
    EXPECT_TRUE(bad.no_answer);
    EXPECT_TRUE(bad.close_connection);
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{1});
}

TEST_F(ProduceTest, transactions_need_an_id_that_somebody_gave) {
    protocol::BatchOptions transactional = idempotent;
    transactional.transactional = true;
    ProduceRequest without = one(batch_of({"a"}, transactional));
    add(without.topic_data[0], 1, batch_of({"plain"}));
    const ProduceResponse refused = produce(std::move(without));
    for (const auto& answer : refused.responses.at(0).partition_responses)
        expect_refused(answer, ErrorCode::transactional_id_authorization_failed);

    ProduceRequest unknown = one(batch_of({"a"}, transactional));
    unknown.transactional_id = Text("nobody's");
    add(unknown.topic_data[0], 1, batch_of({"plain"}));
    rig.transactions->answers = [](const auto&, const auto& partitions, auto) {
        return std::vector(partitions.size(), ErrorCode::invalid_producer_id_mapping);
    };
    const ProduceResponse response = produce(std::move(unknown), 11);
    const auto& answers = response.responses.at(0).partition_responses;
    expect_refused(answers[0], ErrorCode::invalid_producer_id_mapping);
    EXPECT_EQ(answers[1].error_code, ErrorCode::none);
}

TEST_F(ProduceTest, tells_who_leads) {
    rig.move_leader("t", BrokerId{2});
    const ProduceResponse response = produce(one(batch_of({"a"})), 10);
    const PartitionAnswer& answer = response.responses.at(0).partition_responses.at(0);
    expect_refused(answer, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(answer.current_leader.leader_id, BrokerId{2});
    EXPECT_EQ(answer.current_leader.leader_epoch, LeaderEpoch{4});
    ASSERT_EQ(response.node_endpoints.size(), 1u);
    EXPECT_EQ(response.node_endpoints[0].node_id, BrokerId{2});
    EXPECT_EQ(response.node_endpoints[0].host, "public2");
    EXPECT_EQ(response.node_endpoints[0].port, 9094);
}

TEST_F(ProduceTest, B15_record_errors_name_the_record) {
    rig.create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
    protocol::RecordBatchBuilder builder({});
    builder.add(1000, as_bytes("k"), as_bytes("v"));
    builder.add(1000, std::nullopt, as_bytes("v"));
    const PartitionAnswer answer = produce_one(one(builder.build(), "compacted"));
    expect_refused(answer, ErrorCode::invalid_record);
    ASSERT_EQ(answer.record_errors.size(), 1u);
    EXPECT_EQ(answer.record_errors[0].batch_index, 1);
    EXPECT_TRUE(answer.record_errors[0].batch_index_error_message.has_value());
    EXPECT_TRUE(answer.error_message.has_value());
}

TEST_F(ProduceTest, log_append_time_is_told) {
    rig.create_topic("stamped", 1, {{"message.timestamp.type", "LogAppendTime"}});
    const PartitionAnswer answer = produce_one(one(batch_of({"a"}), "stamped"));
    EXPECT_EQ(answer.error_code, ErrorCode::none);
    EXPECT_EQ(answer.log_append_time_ms, rig.loop.clock().wall_ms());
}

TEST_F(ProduceTest, X01_a_retry_is_answered_with_the_first_offset) {
    EXPECT_EQ(produce_one(one(batch_of({"a"}, idempotent))).base_offset, Offset{0});
    EXPECT_EQ(produce_one(one(batch_of({"other"}))).base_offset, Offset{1});
    const PartitionAnswer again = produce_one(one(batch_of({"a"}, idempotent), "t", 0, -1));
    EXPECT_EQ(again.error_code, ErrorCode::none);
    EXPECT_EQ(again.base_offset, Offset{0});
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{2});
}

TEST_F(ProduceTest, X27_X28_an_answer_has_an_error_or_an_offset_and_the_batch_is_there) {
    Random random(27);
    int refused = 0;
    for (int i = 0; i < 2000; ++i) {
        protocol::BatchOptions options;
        if (random.chance(1, 2)) {
            options = idempotent;
            options.base_sequence = static_cast<int32_t>(random.below(4));
            options.producer_epoch = static_cast<int16_t>(random.below(2));
        }
        std::vector<uint8_t> batch = batch_of({"a", "b"}, options);
        if (random.chance(1, 2)) batch[random.below(batch.size())] ^= 1 << random.below(8);
        const auto acks = static_cast<int16_t>(random.chance(1, 2) ? 1 : -1);
        const auto version = static_cast<int16_t>(3 + random.below(11));
        const Offset before = rig.partition("t")->log_end_offset();
        const PartitionAnswer answer = produce_one(one(std::move(batch), "t", 0, acks), version);
        const Offset after = rig.partition("t")->log_end_offset();
        if (answer.error_code != ErrorCode::none) {
            expect_refused(answer, answer.error_code);
            EXPECT_EQ(after, before);
            ++refused;
        } else {
            // Or it is a retry, whose first copy is there.
            EXPECT_TRUE(answer.base_offset == before || answer.base_offset < before);
            EXPECT_EQ(after, answer.base_offset == before ? before + 2 : before);
        }
    }
    EXPECT_GT(refused, 500);
    EXPECT_LT(refused, 1500);
}

TEST_F(ProduceTest, the_next_request_is_let_in_when_the_batches_are_in_line) {
    rig.write_lane().stuck();
    const auto first = rig.begin(handle_produce, one(batch_of({"first"}), "t", 0, -1), 9);
    EXPECT_EQ(rig.admitted, 1);
    const auto second = rig.begin(handle_produce, one(batch_of({"second"})), 9);
    EXPECT_EQ(rig.admitted, 2);
    rig.pass(100);
    EXPECT_FALSE(first->has_value());
    EXPECT_FALSE(second->has_value());
    rig.write_lane().release();
    rig.pass(10);
    ASSERT_TRUE(first->has_value() && second->has_value());
    EXPECT_EQ((*first)->responses[0].partition_responses[0].base_offset, Offset{0});
    EXPECT_EQ((*second)->responses[0].partition_responses[0].base_offset, Offset{1});
}

TEST_F(ProduceTest, N14_a_disk_that_stands_still_ends_in_an_error_without_offset) {
    rig.write_lane().stuck();
    const auto waiting = rig.begin(handle_produce, one(batch_of({"a"}), "t", 0, -1), 9);
    rig.pass(120'000);
    ASSERT_TRUE(waiting->has_value());
    expect_refused((*waiting)->responses[0].partition_responses[0], ErrorCode::request_timed_out);
    rig.write_lane().release();
    rig.pass(10);
}

TEST_F(ProduceTest, nothing_is_committed_before_it_is_flushed) {
    rig.create_topic("flushed", 1, {{"flush.messages", "1"}});
    rig.disk.fail({.op = DiskOp::sync, .sticky = true, .path_contains = "flushed-0/"});
    const PartitionAnswer answer = produce_one(one(batch_of({"a"}), "flushed"));
    expect_refused(answer, ErrorCode::kafka_storage_error);
    EXPECT_EQ(rig.partition("flushed")->high_watermark(), Offset{0});
    rig.disk.clear_faults();
    // Offline for good (L11).
    expect_refused(produce_one(one(batch_of({"b"}), "flushed")), ErrorCode::kafka_storage_error);
}

TEST_F(ProduceTest, A07_a_topic_created_again_is_another_topic) {
    EXPECT_EQ(produce_one(one(batch_of({"old", "older"}))).error_code, ErrorCode::none);
    const Uuid old_id = topic_id;
    rig.delete_topic("t");
    expect_refused(produce_one(one(batch_of({"a"}))), ErrorCode::unknown_topic_or_partition);
    expect_refused(produce_one(one(batch_of({"a"})), 13), ErrorCode::unknown_topic_id);
    topic_id = rig.create_topic("t", 1);
    EXPECT_NE(topic_id, old_id);
    EXPECT_EQ(produce_one(one(batch_of({"new"})), 13).base_offset, Offset{0});
}

}  // namespace
}  // namespace barnabas::broker
