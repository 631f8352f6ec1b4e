// SPDX-License-Identifier: Apache-2.0
// Produce in transactions: when the transaction coordinator is asked, what its refusals become, and
// what markers do to writes that were on their way (KIP-890). Markers and DescribeProducers.
#include <gtest/gtest.h>

#include <list>

#include "broker/test/broker_rig.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"

namespace barnabas::broker {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;
using Partitions = std::vector<storage::TopicPartition>;

constexpr int16_t verifies = 11, adds = 12;

struct TransactionalProduceTest : testing::Test {
    void SetUp() override {
        rig.start();
        topic_id = rig.create_topic("t", 3);
        agree();
    }
    // The coordinator says yes, and what it was asked is noted.
    void agree() { answer({}); }
    // It says this, one after the other; then yes.
    void answer(std::vector<ErrorCode> errors) {
        script = std::move(errors);
        rig.transactions->answers = [this](const TransactionalProducer& producer,
                                           const Partitions& partitions, AddPartitionsMode mode) {
            asked.push_back({producer, partitions, mode});
            ErrorCode error = ErrorCode::none;
            if (!script.empty()) {
                error = script.front();
                if (script.size() > 1 || !forever) script.erase(script.begin());
            }
            return std::vector(partitions.size(), error);
        };
    }

    static protocol::BatchOptions in_transaction(int32_t sequence, int16_t epoch = 0,
                                                 int64_t producer = 7) {
        protocol::BatchOptions options;
        options.producer_id = ProducerId{producer};
        options.producer_epoch = epoch;
        options.base_sequence = sequence;
        options.transactional = true;
        return options;
    }
    void add(ProduceRequest& request, int32_t partition, std::vector<uint8_t> batch,
             const std::string& topic = "t") {
        request.transactional_id = Text("id");
        request.acks = -1;
        request.timeout_ms = 3000;
        auto& data = request.topic_data.emplace_back();
        data.name = Text(topic);
        data.topic_id = topic_id;
        auto& one = data.partition_data.emplace_back();
        one.index = PartitionIndex{partition};
        one.records = protocol::Records(Blob::borrow(frames.emplace_back(std::move(batch))));
    }
    ProduceRequest one(int32_t sequence, int16_t epoch = 0, int32_t partition = 0) {
        ProduceRequest request;
        add(request, partition, batch_of({"v"}, in_transaction(sequence, epoch)));
        return request;
    }
    static PartitionAnswer first(const ProduceResponse& response) {
        const PartitionAnswer& answer = response.responses.at(0).partition_responses.at(0);
        EXPECT_EQ(answer.error_code == ErrorCode::none, answer.base_offset != offset_none)
            << "X27, X28: an offset with success, and only then";
        return answer;
    }
    PartitionAnswer produce(ProduceRequest request, int16_t version = verifies) {
        return first(rig.call(handle_produce, std::move(request), version));
    }
    ErrorCode end(bool commit, int16_t epoch = 0, int8_t version = 1,
                  const std::string& topic = "t", int32_t coordinator_epoch = 0) {
        const TransactionMarker marker{.producer_id = ProducerId{7},
                                       .producer_epoch = epoch,
                                       .coordinator_epoch = coordinator_epoch,
                                       .commit = commit,
                                       .transaction_version = version};
        return rig.loop.run_until_done(rig.markers->write(
            {topic, PartitionIndex{0}}, marker, rig.loop.clock().after(std::chrono::seconds(5))));
    }
    Offset end_offset() const { return rig.partition("t")->log_end_offset(); }

    struct Asked {
        TransactionalProducer producer;
        Partitions partitions;
        AddPartitionsMode mode;
    };
    std::list<std::vector<uint8_t>> frames;  // outlives the rig's lanes
    BrokerRig rig;
    Uuid topic_id;
    std::vector<Asked> asked;
    std::vector<ErrorCode> script;
    bool forever = false;
};

TEST_F(TransactionalProduceTest, X10_the_first_write_of_a_transaction_is_asked_for) {
    EXPECT_EQ(produce(one(0)).base_offset, Offset{0});
    EXPECT_EQ(produce(one(1)).base_offset, Offset{1});
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].producer.transactional_id, "id");
    EXPECT_EQ(asked[0].producer.producer_id, ProducerId{7});
    EXPECT_EQ(asked[0].producer.epoch, 0);
    EXPECT_EQ(asked[0].mode, AddPartitionsMode::verify);
    EXPECT_EQ(asked[0].partitions, (Partitions{{"t", PartitionIndex{0}}}));
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{0});
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{3});
    // The next transaction is another one.
    EXPECT_EQ(produce(one(2)).base_offset, Offset{3});
    EXPECT_EQ(asked.size(), 2u);
}

TEST_F(TransactionalProduceTest, newer_producers_have_their_partitions_added_at_once) {
    ProduceRequest request;
    for (int32_t partition : {0, 1, 2}) add(request, partition, batch_of({"v"}, in_transaction(0)));
    const ProduceResponse response = rig.call(handle_produce, std::move(request), adds);
    for (const auto& topic : response.responses)
        EXPECT_EQ(topic.partition_responses.at(0).error_code, ErrorCode::none);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].mode, AddPartitionsMode::add);
    EXPECT_EQ(asked[0].partitions.size(), 3u);
}

TEST_F(TransactionalProduceTest, verification_can_be_switched_off_but_not_adding) {
    rig.config.transaction_partition_verification = false;
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    EXPECT_TRUE(asked.empty());
    EXPECT_EQ(produce(one(0, 0, 1), adds).error_code, ErrorCode::none);
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(TransactionalProduceTest, refusals_are_told_as_each_version_knows_them) {
    struct Row {
        ErrorCode said;
        ErrorCode told_10, told_11, told_12;
    };
    using enum ErrorCode;
    const std::vector<Row> rows{
        {transaction_abortable, invalid_txn_state, transaction_abortable, transaction_abortable},
        {producer_fenced, invalid_producer_epoch, invalid_producer_epoch, invalid_producer_epoch},
        {invalid_producer_id_mapping, invalid_producer_id_mapping, invalid_producer_id_mapping,
         invalid_producer_id_mapping},
        {not_coordinator, not_enough_replicas, not_enough_replicas, not_enough_replicas},
        {coordinator_not_available, not_enough_replicas, not_enough_replicas, not_enough_replicas},
        {coordinator_load_in_progress, not_enough_replicas, not_enough_replicas,
         not_enough_replicas},
        {concurrent_transactions, not_enough_replicas, not_enough_replicas,
         concurrent_transactions},
        {invalid_txn_state, invalid_txn_state, invalid_txn_state, invalid_txn_state}};
    forever = true;
    for (const Row& row : rows) {
        for (const auto& [version, told] : std::vector<std::pair<int16_t, ErrorCode>>{
                 {10, row.told_10}, {11, row.told_11}, {12, row.told_12}}) {
            answer({row.said});
            const PartitionAnswer answer = produce(one(0), version);
            EXPECT_EQ(answer.error_code, told) << error_name(row.said) << " v" << version;
            const std::string message = answer.error_message ? answer.error_message->str() : "";
            if (told == not_enough_replicas)
                EXPECT_EQ(message,
                          "Unable to verify the partition has been added to the transaction. "
                          "Underlying error: " +
                              std::string(error_name(row.said)));
            else
                EXPECT_EQ(message, told == invalid_txn_state
                                       ? "Partition was not added to the transaction"
                                       : "");
        }
    }
    EXPECT_EQ(end_offset(), Offset{0});
}

TEST_F(TransactionalProduceTest, X13_a_transaction_that_is_being_ended_is_waited_for_a_moment) {
    answer({ErrorCode::concurrent_transactions, ErrorCode::concurrent_transactions});
    EXPECT_EQ(produce(one(0), adds).error_code, ErrorCode::none);
    EXPECT_EQ(asked.size(), 3u);
}

TEST_F(TransactionalProduceTest, X10_a_marker_between_the_answer_and_the_write_stops_the_write) {
    rig.transactions->takes = std::chrono::milliseconds(50);
    const auto late = rig.begin(handle_produce, one(0), verifies);
    EXPECT_EQ(rig.admitted, 0) << "the next request would overtake this one";
    rig.pass(10);
    EXPECT_EQ(end(true), ErrorCode::none);
    rig.pass(100);
    ASSERT_TRUE(late->has_value());
    EXPECT_EQ(first(**late).error_code, ErrorCode::invalid_txn_state);
    EXPECT_EQ(end_offset(), Offset{1}) << "the marker alone";
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{1}) << "nothing hangs";
    EXPECT_EQ(rig.admitted, 1);
}

TEST_F(TransactionalProduceTest, X10_the_same_when_another_write_has_begun_meanwhile) {
    rig.transactions->takes = std::chrono::milliseconds(50);
    const auto late = rig.begin(handle_produce, one(0), verifies);
    rig.pass(10);
    EXPECT_EQ(end(true), ErrorCode::none);
    const auto next = rig.begin(handle_produce, one(0), verifies);
    rig.pass(200);
    EXPECT_EQ(first(**late).error_code, ErrorCode::invalid_txn_state);
    EXPECT_EQ(first(**next).error_code, ErrorCode::none);
}

TEST_F(TransactionalProduceTest, X13_the_markers_it_waits_for_do_not_refuse_a_write) {
    EXPECT_EQ(produce(one(0), adds).error_code, ErrorCode::none);
    forever = true;
    answer({ErrorCode::concurrent_transactions});
    const auto next = rig.begin(handle_produce, one(0, 1), adds);
    rig.pass(5);
    EXPECT_EQ(end(true, 1, 2), ErrorCode::none);
    EXPECT_FALSE(next->has_value());
    agree();
    rig.pass(100);
    ASSERT_TRUE(next->has_value());
    EXPECT_EQ(first(**next).error_code, ErrorCode::none);
    EXPECT_EQ(first(**next).base_offset, Offset{2});
}

TEST_F(TransactionalProduceTest, X11_a_late_write_of_an_earlier_transaction_is_refused) {
    EXPECT_EQ(produce(one(0), adds).error_code, ErrorCode::none);
    EXPECT_EQ(end(true, 1, 2), ErrorCode::none);
    const Offset before = end_offset();
    // Though the coordinator should have said no.
    EXPECT_EQ(produce(one(1), adds).error_code, ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(end_offset(), before);
    // The same while the next one is open; then a late marker, and one that comes twice (X14).
    EXPECT_EQ(produce(one(0, 1), adds).error_code, ErrorCode::none);
    EXPECT_EQ(produce(one(1), adds).error_code, ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(end(true, 1, 2), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), before);
    EXPECT_EQ(end(false, 2, 2), ErrorCode::none);
    EXPECT_EQ(end(false, 2, 2), ErrorCode::none) << "again";
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), end_offset());
}

TEST_F(TransactionalProduceTest, X23_who_claims_an_epoch_of_the_future_disturbs_nobody) {
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    answer({ErrorCode::producer_fenced});
    EXPECT_EQ(produce(one(0, 9)).error_code, ErrorCode::invalid_producer_epoch);
    asked.clear();
    EXPECT_EQ(produce(one(1)).error_code, ErrorCode::none);
    EXPECT_TRUE(asked.empty());
}

TEST_F(TransactionalProduceTest, X10_a_later_sequence_does_not_go_before_one_that_was_put_off) {
    answer({ErrorCode::coordinator_load_in_progress});
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::not_enough_replicas);
    EXPECT_EQ(produce(one(1)).error_code, ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    EXPECT_EQ(produce(one(1)).error_code, ErrorCode::none);
    // An unknown producer of transaction version 2 begins at 0.
    EXPECT_EQ(produce(one(5, 0, 1), adds).error_code, ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(produce(one(5, 0, 2), verifies).error_code, ErrorCode::none);
}

TEST_F(TransactionalProduceTest, one_request_is_one_producers) {
    ProduceRequest request;
    add(request, 0, batch_of({"v"}, in_transaction(0)));
    add(request, 1, batch_of({"v"}, in_transaction(0, 0, 8)));
    add(request, 2, batch_of({"plain"}));
    add(request, 99, batch_of({"unknown"}));
    const ProduceResponse response = rig.call(handle_produce, std::move(request), verifies);
    for (const auto& topic : response.responses) {
        EXPECT_EQ(topic.partition_responses.at(0).error_code,
                  ErrorCode::invalid_producer_id_mapping);
        EXPECT_EQ(topic.partition_responses[0].error_message->view(),
                  "Transactional records contained more than one producer ID");
    }
    EXPECT_TRUE(asked.empty());
}

TEST_F(TransactionalProduceTest, X25_what_is_refused_anyway_never_joins_the_transaction) {
    ProduceRequest request;
    add(request, 0, batch_of({"v"}, in_transaction(0)), "unknown");
    add(request, 9, batch_of({"v"}, in_transaction(0)));
    add(request, 1, batch_of({"v"}, in_transaction(0)));
    const ProduceResponse response = rig.call(handle_produce, std::move(request), 12);
    EXPECT_EQ(response.responses[0].partition_responses[0].error_code,
              ErrorCode::unknown_topic_or_partition);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].partitions, (Partitions{{"t", PartitionIndex{1}}}));
}

TEST_F(TransactionalProduceTest, X14_markers_for_partitions_that_are_gone_or_led_elsewhere) {
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    EXPECT_EQ(end(true, 0, 1, "t", 5), ErrorCode::none);
    EXPECT_EQ(end(true, 0, 1, "t", 4), ErrorCode::transaction_coordinator_fenced);
    EXPECT_EQ(end(true, 0, 1, "never"), ErrorCode::unknown_topic_or_partition);
    rig.move_leader("t", BrokerId{2});
    EXPECT_EQ(end(true, 0, 1, "t", 5), ErrorCode::not_leader_or_follower);
    rig.delete_topic("t");
    EXPECT_EQ(end(true, 0, 1, "t", 5), ErrorCode::unknown_topic_or_partition);
}

TEST_F(TransactionalProduceTest, X20_what_is_open_survives_a_restart) {
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    rig.restart();
    agree();
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{0});
    EXPECT_EQ(produce(one(1)).error_code, ErrorCode::none);
    EXPECT_EQ(end(false), ErrorCode::none);
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{3});
}

TEST_F(TransactionalProduceTest, describes_producers) {
    EXPECT_EQ(produce(one(0)).error_code, ErrorCode::none);
    EXPECT_EQ(end(true, 0, 1, "t", 4), ErrorCode::none);
    EXPECT_EQ(produce(one(1)).error_code, ErrorCode::none);
    protocol::DescribeProducersRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partition_indexes = {PartitionIndex{0}, PartitionIndex{1}, PartitionIndex{9}};
    const auto response = rig.call(handle_describe_producers, std::move(request), 0);
    const auto& partitions = response.topics.at(0).partitions;
    ASSERT_EQ(partitions.at(0).active_producers.size(), 1u);
    const auto& told = partitions[0].active_producers[0];
    EXPECT_EQ(told.producer_id, ProducerId{7});
    EXPECT_EQ(told.producer_epoch, 0);
    EXPECT_EQ(told.last_sequence, 1);
    EXPECT_EQ(told.last_timestamp, 1000);
    EXPECT_EQ(told.coordinator_epoch, 4);
    EXPECT_EQ(told.current_txn_start_offset, Offset{2});
    EXPECT_EQ(partitions.at(1).error_code, ErrorCode::none);
    EXPECT_TRUE(partitions[1].active_producers.empty());
    EXPECT_EQ(partitions.at(2).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_FALSE(partitions[2].error_message.has_value());
    const auto error_of = [this](const std::string& name) {
        protocol::DescribeProducersRequest other;
        other.topics.emplace_back().name = Text(name);
        other.topics[0].partition_indexes = {PartitionIndex{0}};
        const auto refused = rig.call(handle_describe_producers, std::move(other), 0);
        const auto& partition = refused.topics.at(0).partitions.at(0);
        return std::pair(partition.error_code, partition.error_message->str());
    };
    EXPECT_EQ(error_of("unknown"),
              std::pair(ErrorCode::unknown_topic_or_partition,
                        std::string("This server does not host this topic-partition.")));
    EXPECT_EQ(error_of("bad name!").first, ErrorCode::invalid_topic_exception);
}

TEST(TransactionGuards, forgets_producers_that_never_come_back) {
    TransactionGuards guards;
    const Nanos start = std::chrono::hours(100);
    for (int64_t id = 0; id < 1000; ++id) guards.begin(ProducerId{id}, 0, 0, start);
    EXPECT_TRUE(guards.admit(ProducerId{5}, 0, 6).has_value());
    EXPECT_FALSE(guards.admit(ProducerId{6}, 0, 6).has_value()) << "another one's ticket";
    guards.begin(ProducerId{1000}, 0, 0, start + TransactionGuards::kept_for);
    EXPECT_EQ(guards.size(), 2u) << "the one that writes, and the new one";
}

}  // namespace
}  // namespace barnabas::broker
