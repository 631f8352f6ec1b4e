// SPDX-License-Identifier: Apache-2.0
// ListOffsets, OffsetForLeaderEpoch, DeleteRecords.
#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace barnabas::broker {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::OffsetForLeaderEpochRequest;
using Listed = ListOffsetsResponse::ListOffsetsPartitionResponse;

struct OffsetsTest : testing::Test {
    void SetUp() override {
        rig.start();
        rig.create_topic("t", 2);
    }

    void produce(const std::vector<std::string>& values, int64_t timestamp_ms) {
        EXPECT_EQ(rig.append("t", batch_of(values, {}, timestamp_ms)).error, ErrorCode::none);
    }
    static ListOffsetsRequest question(int64_t timestamp, const std::string& topic = "t",
                                       int32_t partition = 0, int32_t epoch = -1) {
        ListOffsetsRequest request;
        auto& asked = request.topics.emplace_back();
        asked.name = Text(topic);
        auto& one = asked.partitions.emplace_back();
        one.partition_index = PartitionIndex{partition};
        one.current_leader_epoch = LeaderEpoch{epoch};
        one.timestamp = timestamp;
        return request;
    }
    Listed list(ListOffsetsRequest request, int16_t version = 11) {
        const auto response = rig.call(handle_list_offsets, std::move(request), version);
        return response.topics.at(0).partitions.at(0);
    }
    static void expect_offset(const Listed& listed, int64_t timestamp, int64_t offset,
                              int32_t epoch) {
        EXPECT_EQ(listed.error_code, ErrorCode::none);
        EXPECT_EQ(listed.timestamp, timestamp);
        EXPECT_EQ(listed.offset, Offset{offset});
        EXPECT_EQ(listed.leader_epoch, LeaderEpoch{epoch});
    }
    static void expect_error(const Listed& listed, ErrorCode error) {
        EXPECT_EQ(listed.error_code, error) << error_name(listed.error_code);
        EXPECT_EQ(listed.timestamp, -1);
        EXPECT_EQ(listed.offset, offset_none);
        EXPECT_EQ(listed.leader_epoch, leader_epoch_none);
    }
    auto delete_before(int64_t offset, const std::string& topic = "t", int32_t partition = 0) {
        DeleteRecordsRequest request;
        auto& asked = request.topics.emplace_back();
        asked.name = Text(topic);
        auto& one = asked.partitions.emplace_back();
        one.partition_index = PartitionIndex{partition};
        one.offset = Offset{offset};
        const auto response = rig.call(handle_delete_records, std::move(request), 2);
        return response.topics.at(0).partitions.at(0);
    }

    BrokerRig rig;
};

TEST_F(OffsetsTest, F17_special_timestamps) {
    produce({"a", "b", "c"}, 1000);
    produce({"d"}, 5000);
    produce({"e"}, 3000);
    expect_offset(list(question(-1)), -1, 5, 3);
    expect_offset(list(question(-2)), -1, 0, 3);
    expect_offset(list(question(-3)), 5000, 3, 3);
    expect_offset(list(question(-4)), -1, 0, 3);
    expect_offset(list(question(-5)), -1, -1, -1);
    expect_offset(list(question(-6)), -1, -1, -1);
    expect_error(list(question(-7)), ErrorCode::unsupported_version);
    // Known from a version on.
    for (const auto& [timestamp, first] :
         std::vector<std::pair<int64_t, int16_t>>{{-3, 7}, {-4, 8}, {-5, 9}, {-6, 11}}) {
        EXPECT_EQ(list(question(timestamp), first).error_code, ErrorCode::none);
        expect_error(list(question(timestamp), static_cast<int16_t>(first - 1)),
                     ErrorCode::unsupported_version);
    }
}

TEST_F(OffsetsTest, F17_by_timestamp_the_first_record_at_or_after_it) {
    for (int64_t i = 0; i < 50; ++i) produce({"a", "b"}, 1000 + 10 * i);
    for (int64_t i = 0; i < 50; ++i) {
        expect_offset(list(question(1000 + 10 * i)), 1000 + 10 * i, 2 * i, 3);
        if (i > 0) expect_offset(list(question(1000 + 10 * i - 9)), 1000 + 10 * i, 2 * i, 3);
    }
    expect_offset(list(question(0)), 1000, 0, 3);
    expect_offset(list(question(2000)), -1, -1, -1);
    // The same when nothing is cached.
    rig.disk.drop_caches();
    expect_offset(list(question(1200)), 1200, 40, 3);
    rig.disk.drop_caches();
    expect_offset(list(question(-3)), 1490, 98, 3);
}

TEST_F(OffsetsTest, an_empty_partition) {
    expect_offset(list(question(-1)), -1, 0, 3);
    expect_offset(list(question(-2)), -1, 0, 3);
    expect_offset(list(question(-3)), -1, -1, -1);
    expect_offset(list(question(0)), -1, -1, -1);
}

TEST_F(OffsetsTest, X20_the_last_stable_offset_is_not_below_the_start) {
    protocol::BatchOptions open;
    open.producer_id = ProducerId{7};
    open.producer_epoch = 0;
    open.base_sequence = 0;
    open.transactional = true;
    ASSERT_EQ(rig.append("t", batch_of({"open"}, open, 2000)).error, ErrorCode::none);
    produce({"a", "b"}, 3000);
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{0});
    EXPECT_EQ(delete_before(2).error_code, ErrorCode::none);
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{2});
    auto latest = question(-1);
    latest.isolation_level = 1;
    expect_offset(list(std::move(latest)), -1, 2, 3);
    rig.restart();
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{2});
}

TEST_F(OffsetsTest, F17_latest_of_read_committed_is_the_last_stable_offset) {
    produce({"plain"}, 1000);
    protocol::BatchOptions open;
    open.producer_id = ProducerId{7};
    open.producer_epoch = 0;
    open.base_sequence = 0;
    open.transactional = true;
    ASSERT_EQ(rig.append("t", batch_of({"open"}, open, 2000)).error, ErrorCode::none);
    ListOffsetsRequest committed = question(-1);
    committed.isolation_level = 1;
    expect_offset(list(committed), -1, 1, 3);
    expect_offset(list(question(-1)), -1, 2, 3);
    // A record that a reader may not see is not found for it either.
    ListOffsetsRequest by_time = question(2000);
    by_time.isolation_level = 1;
    expect_offset(list(by_time), -1, -1, -1);
    expect_offset(list(question(2000)), 2000, 1, 3);
}

TEST_F(OffsetsTest, F09_errors) {
    expect_error(list(question(-1, "unknown")), ErrorCode::unknown_topic_or_partition);
    expect_error(list(question(-1, "t", 9)), ErrorCode::unknown_topic_or_partition);
    expect_error(list(question(-1, "t", 0, 2)), ErrorCode::fenced_leader_epoch);
    expect_error(list(question(-1, "t", 0, 4)), ErrorCode::unknown_leader_epoch);
    ListOffsetsRequest twice = question(-1);
    twice.topics[0].partitions.push_back(twice.topics[0].partitions[0]);
    expect_error(list(std::move(twice)), ErrorCode::invalid_request);
    rig.move_leader("t", BrokerId{2});
    expect_error(list(question(-1)), ErrorCode::not_leader_or_follower);
}

TEST_F(OffsetsTest, F10_where_epochs_end) {
    const auto ask = [this](int32_t epoch, int32_t current = -1, int32_t partition = 0) {
        OffsetForLeaderEpochRequest request;
        auto& topic = request.topics.emplace_back();
        topic.topic = "t";
        auto& one = topic.partitions.emplace_back();
        one.partition = PartitionIndex{partition};
        one.current_leader_epoch = LeaderEpoch{current};
        one.leader_epoch = LeaderEpoch{epoch};
        const auto response = rig.call(handle_offset_for_leader_epoch, std::move(request), 4);
        return response.topics.at(0).partitions.at(0);
    };
    const auto expect_end = [&ask](int32_t asked, int32_t epoch, int64_t end) {
        const auto answer = ask(asked);
        EXPECT_EQ(answer.error_code, ErrorCode::none);
        EXPECT_EQ(answer.leader_epoch, LeaderEpoch{epoch}) << asked;
        EXPECT_EQ(answer.end_offset, Offset{end}) << asked;
    };
    // The epoch is 3 at first; see FakeCluster.
    expect_end(3, 3, 0);
    produce({"a", "b"}, 1000);
    expect_end(3, 3, 2);
    rig.move_leader("t", BrokerId{1});
    rig.move_leader("t", BrokerId{1});
    expect_end(5, 5, 2);
    produce({"c"}, 1000);
    expect_end(5, 5, 3);
    // Epoch 4 wrote nothing: the largest one below it ends where the next began.
    expect_end(4, 3, 2);
    expect_end(3, 3, 2);
    // Older than all that is known: it ends where the log's first one begins.
    expect_end(2, 2, 0);
    expect_end(6, -1, -1);
    expect_end(-1, -1, -1);
    EXPECT_EQ(ask(5, 4).error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(ask(5, 6).error_code, ErrorCode::unknown_leader_epoch);
    EXPECT_EQ(ask(5, -1, 9).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(ask(5, -1, 9).end_offset, offset_none);
}

TEST_F(OffsetsTest, delete_records_moves_the_start) {
    for (int i = 0; i < 5; ++i) produce({"a"}, 1000);
    EXPECT_EQ(delete_before(2).low_watermark, Offset{2});
    expect_offset(list(question(-2)), -1, 2, 3);
    // Going back changes nothing.
    EXPECT_EQ(delete_before(1).low_watermark, Offset{2});
    EXPECT_EQ(delete_before(6).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(delete_before(-2).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(delete_before(-2).low_watermark, offset_none);
    EXPECT_EQ(delete_before(-1).low_watermark, Offset{5});
    EXPECT_EQ(rig.partition("t")->high_watermark(), Offset{5});
    produce({"b"}, 1000);
    EXPECT_EQ(rig.partition("t")->high_watermark(), Offset{6});

    EXPECT_EQ(delete_before(0, "unknown").error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(delete_before(0, "t", 9).error_code, ErrorCode::unknown_topic_or_partition);
    rig.create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
    EXPECT_EQ(delete_before(0, "compacted").error_code, ErrorCode::policy_violation);
    rig.create_topic("__consumer_offsets", 1);
    EXPECT_EQ(delete_before(0, "__consumer_offsets").error_code,
              ErrorCode::invalid_topic_exception);
}

TEST_F(OffsetsTest, F19_records_deleted_under_a_waiting_fetch_are_an_error_of_their_partition) {
    for (int i = 0; i < 5; ++i) produce({"a"}, 1000);
    protocol::FetchRequest fetch;
    fetch.max_wait_ms = 1000;
    fetch.min_bytes = 1 << 20;
    fetch.max_bytes = 1 << 20;
    auto& topic = fetch.topics.emplace_back();
    topic.topic = "t";
    for (int32_t index = 0; index < 2; ++index) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition = PartitionIndex{index};
        partition.partition_max_bytes = 1 << 20;
    }
    const auto waiting = rig.begin(handle_fetch, std::move(fetch), 12);
    EXPECT_FALSE(waiting->has_value());
    EXPECT_EQ(delete_before(-1).error_code, ErrorCode::none);
    produce({"b"}, 1000);
    rig.pass(1000);
    ASSERT_TRUE(waiting->has_value());
    const auto& answers = (*waiting)->responses.at(0).partitions;
    EXPECT_EQ(answers.at(0).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(answers.at(1).error_code, ErrorCode::none);
}

}  // namespace
}  // namespace barnabas::broker
