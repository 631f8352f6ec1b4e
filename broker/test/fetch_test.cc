// SPDX-License-Identifier: Apache-2.0
// Fetch: limits, waiting, sessions, isolation, epochs, and data that is not cached.
#include "protocol/messages/fetch.h"

#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"

namespace barnabas::broker {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using PartitionAnswer = FetchResponse::PartitionData;

struct FetchTest : testing::Test {
    void SetUp() override {
        rig.start();
        topic_id = rig.create_topic("t", 4);
    }

    // All four partitions of "t" can be asked for; each call adds one.
    static FetchRequest request(int32_t max_wait_ms = 0, int32_t min_bytes = 1) {
        FetchRequest fetch;
        fetch.max_wait_ms = max_wait_ms;
        fetch.min_bytes = min_bytes;
        fetch.max_bytes = 1 << 20;
        return fetch;
    }
    FetchRequest::FetchPartition& add(FetchRequest& fetch, int32_t index, int64_t offset,
                                      int32_t bytes_max = 1 << 20) {
        if (fetch.topics.empty()) {
            auto& topic = fetch.topics.emplace_back();
            topic.topic = "t";
            topic.topic_id = topic_id;
        }
        auto& partition = fetch.topics[0].partitions.emplace_back();
        partition.partition = PartitionIndex{index};
        partition.fetch_offset = Offset{offset};
        partition.partition_max_bytes = bytes_max;
        return partition;
    }
    FetchRequest from(int64_t offset, int32_t max_wait_ms = 0, int32_t min_bytes = 1) {
        FetchRequest fetch = request(max_wait_ms, min_bytes);
        add(fetch, 0, offset);
        return fetch;
    }
    FetchResponse fetch(FetchRequest request, int16_t version = 18) {
        return rig.call(handle_fetch, std::move(request), version);
    }
    static const PartitionAnswer& only(const FetchResponse& response) {
        static const PartitionAnswer nothing;
        EXPECT_EQ(response.responses.size(), 1u);
        if (response.responses.empty()) return nothing;
        EXPECT_EQ(response.responses[0].partitions.size(), 1u);
        return response.responses[0].partitions.at(0);
    }
    static size_t size_of(const PartitionAnswer& answer) { return answer.records->size(); }
    std::vector<int64_t> read(int64_t offset) {
        const FetchResponse response = fetch(from(offset));
        EXPECT_EQ(only(response).error_code, ErrorCode::none);
        return BrokerRig::batches_in(*only(response).records);
    }
    void produce(const std::string& value, int32_t partition = 0) {
        const auto bytes = std::make_shared<const std::vector<uint8_t>>(batch_of({value}));
        storage::AppendRequest append;
        append.records = *bytes;
        append.keep_alive = bytes;
        append.now_ms = rig.loop.clock().wall_ms();
        const auto result = rig.loop.run_until_done(
            rig.partition("t", partition)->append(std::move(append), 1, Nanos::max()));
        EXPECT_EQ(result.error, ErrorCode::none);
    }

    BrokerRig rig;
    Uuid topic_id;
};

TEST_F(FetchTest, every_version_gets_what_is_there) {
    produce("one");
    produce("two");
    for (int16_t version = 4; version <= 18; ++version) {
        FetchRequest ask = from(0);
        ask.isolation_level = 0;
        const FetchResponse response = fetch(std::move(ask), version);
        EXPECT_EQ(response.error_code, ErrorCode::none);
        EXPECT_EQ(response.session_id, 0);
        const PartitionAnswer& answer = only(response);
        EXPECT_EQ(answer.error_code, ErrorCode::none);
        EXPECT_EQ(answer.high_watermark, Offset{2});
        EXPECT_EQ(answer.last_stable_offset, Offset{2});
        EXPECT_EQ(answer.log_start_offset, Offset{0});
        EXPECT_FALSE(answer.aborted_transactions.has_value());
        EXPECT_EQ(answer.preferred_read_replica, broker_id_none);
        EXPECT_EQ(BrokerRig::batches_in(*answer.records), (std::vector<int64_t>{0, 1}));
    }
}

TEST_F(FetchTest, F01_the_first_batch_goes_out_whole_and_only_the_first) {
    const std::string large(10'000, 'x');
    for (int32_t partition = 0; partition < 3; ++partition) {
        produce(large, partition);
        produce(large, partition);
    }
    FetchRequest ask = request();
    for (int32_t partition = 0; partition < 3; ++partition) add(ask, partition, 0, 100);
    const FetchResponse response = fetch(std::move(ask));
    const auto& answers = response.responses.at(0).partitions;
    EXPECT_EQ(BrokerRig::batches_in(*answers.at(0).records), (std::vector<int64_t>{0}));
    EXPECT_EQ(size_of(answers.at(1)), 0u);
    EXPECT_EQ(size_of(answers.at(2)), 0u);
    EXPECT_EQ(answers.at(2).high_watermark, Offset{2});
    // It is the first that has something: neither an empty partition nor one read to its end.
    FetchRequest behind = request();
    add(behind, 3, 0, 100);
    add(behind, 0, 2, 100);
    add(behind, 1, 1, 100);
    add(behind, 2, 0, 100);
    const FetchResponse later = fetch(std::move(behind));
    const auto& others = later.responses.at(0).partitions;
    EXPECT_EQ(size_of(others.at(0)) + size_of(others.at(1)) + size_of(others.at(3)), 0u);
    EXPECT_EQ(BrokerRig::batches_in(*others.at(2).records), (std::vector<int64_t>{1}));
}

TEST_F(FetchTest, F01_limits_of_partition_and_answer) {
    for (int i = 0; i < 10; ++i) produce(std::string(1000, 'x'), 0), produce("small", 1);
    const size_t batch = batch_of({std::string(1000, 'x')}).size();
    FetchRequest ask = request();
    add(ask, 0, 0, static_cast<int32_t>(3 * batch + 10));
    add(ask, 1, 0);
    const FetchResponse by_partition = fetch(std::move(ask));
    EXPECT_EQ(size_of(by_partition.responses[0].partitions[0]), 3 * batch);
    EXPECT_GT(size_of(by_partition.responses[0].partitions[1]), 0u);

    FetchRequest tight = request();
    tight.max_bytes = static_cast<int32_t>(5 * batch);
    add(tight, 0, 0);
    add(tight, 1, 0);
    const FetchResponse by_answer = fetch(std::move(tight));
    EXPECT_EQ(size_of(by_answer.responses[0].partitions[0]), 5 * batch);
    EXPECT_EQ(size_of(by_answer.responses[0].partitions[1]), 0u);
}

TEST_F(FetchTest, F05_the_broker_caps_an_answer) {
    rig.config.fetch_max_bytes = 3000;
    for (int i = 0; i < 10; ++i) produce(std::string(1000, 'x'));
    FetchRequest ask = from(0);
    ask.max_bytes = INT32_MAX;
    const size_t batch = batch_of({std::string(1000, 'x')}).size();
    EXPECT_EQ(size_of(only(fetch(std::move(ask)))), 3000 / batch * batch);
}

TEST_F(FetchTest, F03_waits_for_the_bytes_it_was_asked_for_and_no_longer) {
    const size_t batch = batch_of({"0123456789"}).size();
    const Nanos began = rig.loop.clock().now();
    const auto waiting =
        rig.begin(handle_fetch, from(0, 10'000, static_cast<int32_t>(3 * batch)), 18);
    produce("0123456789");
    produce("0123456789", 1);
    produce("0123456789");
    rig.pass(100);
    EXPECT_FALSE(waiting->has_value());
    produce("0123456789");
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(size_of(only(**waiting)), 3 * batch);
    EXPECT_LT(rig.loop.clock().now() - began, std::chrono::seconds(1));
}

TEST_F(FetchTest, F03_gives_what_there_is_when_the_time_is_over) {
    produce("a");
    const auto waiting = rig.begin(handle_fetch, from(0, 500, 1 << 20), 18);
    rig.pass(499);
    EXPECT_FALSE(waiting->has_value());
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_GT(size_of(only(**waiting)), 0u);
    // At the end of the log, with and without something to wait for.
    const auto empty = rig.begin(handle_fetch, from(1, 300), 18);
    rig.pass(300);
    ASSERT_TRUE(empty->has_value());
    EXPECT_EQ(size_of(only(**empty)), 0u);
    EXPECT_EQ(only(**empty).error_code, ErrorCode::none);
    const auto at_once = rig.begin(handle_fetch, from(1, 300, 0), 18);
    EXPECT_TRUE(at_once->has_value());
}

TEST_F(FetchTest, F04_an_error_is_told_at_once) {
    FetchRequest ask = request(10'000);
    add(ask, 0, 0);
    add(ask, 1, 99);
    const auto out_of_range = rig.begin(handle_fetch, std::move(ask), 18);
    ASSERT_TRUE(out_of_range->has_value());
    const auto& answers = (*out_of_range)->responses.at(0).partitions;
    EXPECT_EQ(answers.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(answers.at(1).error_code, ErrorCode::offset_out_of_range);
}

TEST_F(FetchTest, F04_a_new_leader_ends_the_wait) {
    const auto waiting = rig.begin(handle_fetch, from(0, 10'000), 18);
    rig.move_leader("t", BrokerId{2});
    rig.loop.run_ready();
    ASSERT_TRUE(waiting->has_value());
    const PartitionAnswer& answer = only(**waiting);
    EXPECT_EQ(answer.error_code, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(answer.current_leader.leader_id, BrokerId{2});
    EXPECT_EQ(answer.current_leader.leader_epoch, LeaderEpoch{4});
    EXPECT_EQ((*waiting)->node_endpoints.at(0).host, "public2");
}

TEST_F(FetchTest, F04_a_deleted_topic_ends_the_wait) {
    const auto waiting = rig.begin(handle_fetch, from(0, 10'000), 18);
    rig.delete_topic("t");
    rig.loop.run_ready();
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(only(**waiting).error_code, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(only(fetch(from(0))).error_code, ErrorCode::unknown_topic_id);
    EXPECT_EQ(only(fetch(from(0), 12)).error_code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(FetchTest, F06_an_offset_inside_a_batch_gives_the_whole_batch) {
    EXPECT_EQ(rig.append("t", batch_of({"a", "b", "c"})).error, ErrorCode::none);
    produce("d");
    EXPECT_EQ(read(1), (std::vector<int64_t>{0, 3}));
    EXPECT_EQ(read(3), (std::vector<int64_t>{3}));
    EXPECT_TRUE(read(4).empty());
}

TEST_F(FetchTest, F08_out_of_range_has_no_offsets) {
    produce("a");
    for (const int64_t offset : {-1, 2, 99'999}) {
        const FetchResponse response = fetch(from(offset));
        const PartitionAnswer& answer = only(response);
        EXPECT_EQ(answer.error_code, ErrorCode::offset_out_of_range) << offset;
        EXPECT_EQ(answer.high_watermark, offset_none);
        EXPECT_EQ(answer.last_stable_offset, offset_none);
        EXPECT_EQ(answer.log_start_offset, offset_none);
        EXPECT_FALSE(answer.aborted_transactions.has_value());
        EXPECT_EQ(size_of(answer), 0u);
    }
}

TEST_F(FetchTest, F09_epochs) {
    produce("a");
    produce("b");
    const auto ask = [this](int32_t current, int32_t last_fetched) {
        FetchRequest request = from(2);
        auto& partition = request.topics[0].partitions[0];
        partition.current_leader_epoch = LeaderEpoch{current};
        partition.last_fetched_epoch = LeaderEpoch{last_fetched};
        return request;
    };
    // The epoch is 3; see FakeCluster.
    EXPECT_EQ(only(fetch(ask(-1, -1))).error_code, ErrorCode::none);
    EXPECT_EQ(only(fetch(ask(3, 3))).error_code, ErrorCode::none);
    EXPECT_EQ(only(fetch(ask(2, -1))).error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(only(fetch(ask(4, -1))).error_code, ErrorCode::unknown_leader_epoch);
    rig.move_leader("t", BrokerId{1});
    rig.move_leader("t", BrokerId{1});
    produce("c");
    // Epoch 4 had no record: what a reader has of it is not in this log.
    const FetchResponse diverging = fetch(ask(5, 4));
    EXPECT_EQ(only(diverging).error_code, ErrorCode::none);
    EXPECT_EQ(only(diverging).diverging_epoch.epoch, LeaderEpoch{3});
    EXPECT_EQ(only(diverging).diverging_epoch.end_offset, Offset{2});
    EXPECT_EQ(size_of(only(diverging)), 0u);
    EXPECT_EQ(only(fetch(ask(5, 3))).diverging_epoch.epoch, leader_epoch_none);
}

TEST_F(FetchTest, unknown_partitions_by_name_and_by_id) {
    FetchRequest ask = request();
    add(ask, 9, 0);
    FetchRequest same = ask;
    const FetchResponse response = fetch(std::move(ask));
    EXPECT_EQ(only(response).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_TRUE(only(response).aborted_transactions.has_value());
    same.topics[0].topic_id = Uuid{{9}};
    EXPECT_EQ(only(fetch(same)).error_code, ErrorCode::unknown_topic_id);
}

// ---- sessions

struct FetchSessionTest : FetchTest {
    FetchResponse next(std::vector<std::pair<int32_t, int64_t>> changed = {}) {
        FetchRequest ask = request();
        ask.session_id = session_id;
        ask.session_epoch = session_epoch++;
        for (const auto& [partition, offset] : changed) add(ask, partition, offset);
        FetchResponse response = fetch(std::move(ask));
        session_id = response.session_id;
        return response;
    }
    int32_t session_id = 0;
    int32_t session_epoch = 0;
};

TEST_F(FetchSessionTest, F11_only_what_changed_is_told) {
    produce("a", 1);
    const FetchResponse first = next({{0, 0}, {1, 0}, {2, 0}});
    EXPECT_NE(first.session_id, 0);
    EXPECT_EQ(first.responses.at(0).partitions.size(), 3u);
    // Unchanged, but with data that the client has not read yet.
    EXPECT_EQ(only(next()).partition_index, PartitionIndex{1});
    EXPECT_TRUE(next({{1, 1}}).responses.empty());
    produce("b", 2);
    const FetchResponse later = next();
    EXPECT_EQ(only(later).partition_index, PartitionIndex{2});
    EXPECT_EQ(later.responses[0].topic_id, topic_id);
    // An error is told each time, and its end once.
    EXPECT_EQ(only(next({{2, 99}})).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(only(next()).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(only(next({{2, 1}})).error_code, ErrorCode::none);
    EXPECT_TRUE(next().responses.empty());
}

TEST_F(FetchSessionTest, F11_errors_of_the_session_itself) {
    FetchRequest ask = from(0);
    ask.session_id = 12345;
    ask.session_epoch = 3;
    const FetchResponse unknown = fetch(std::move(ask));
    EXPECT_EQ(unknown.error_code, ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(unknown.session_id, 0);
    EXPECT_TRUE(unknown.responses.empty());
    next({{0, 0}});
    ++session_epoch;
    const FetchResponse wrong = next();
    EXPECT_EQ(wrong.error_code, ErrorCode::invalid_fetch_session_epoch);
    EXPECT_EQ(wrong.session_id, 0);
}

TEST_F(FetchSessionTest, F12_a_topic_created_again_in_a_live_session_gives_nothing_old) {
    for (int round = 0; round < 200; ++round) {
        session_epoch = 0;  // begins anew, in place of the session before
        produce("old");
        EXPECT_GT(size_of(only(next({{0, 0}}))), 0u);
        rig.delete_topic("t");
        EXPECT_EQ(only(next()).error_code, ErrorCode::unknown_topic_id);
        const Uuid old_id = topic_id;
        topic_id = rig.create_topic("t", 4);
        produce("new");
        // The session still means the old topic.
        const FetchResponse response = next();
        EXPECT_EQ(only(response).error_code, ErrorCode::unknown_topic_id);
        EXPECT_EQ(response.responses.at(0).topic_id, old_id);
        EXPECT_EQ(size_of(only(response)), 0u);
    }
}

TEST_F(FetchSessionTest, F02_every_partition_of_a_session_gets_its_turn) {
    const std::string large(1000, 'x');
    for (int i = 0; i < 100; ++i)
        for (int32_t partition = 0; partition < 4; ++partition) produce(large, partition);
    const auto one_batch = static_cast<int32_t>(batch_of({large}).size());
    std::array<int64_t, 4> offsets{};
    std::vector<std::pair<int32_t, int64_t>> changed{{0, 0}, {1, 0}, {2, 0}, {3, 0}};
    for (int i = 0; i < 80; ++i) {
        FetchRequest ask = request();
        ask.session_id = session_id;
        ask.session_epoch = session_epoch++;
        ask.max_bytes = one_batch;
        for (const auto& [partition, offset] : changed) add(ask, partition, offset);
        const FetchResponse response = fetch(std::move(ask));
        session_id = response.session_id;
        changed.clear();
        for (const auto& answer : response.responses.at(0).partitions) {
            const auto batches = BrokerRig::batches_in(*answer.records);
            if (batches.empty()) continue;
            const int32_t partition = answer.partition_index.value;
            offsets[static_cast<size_t>(partition)] = batches.back() + 1;
            changed.emplace_back(partition, batches.back() + 1);
        }
    }
    for (const int64_t offset : offsets) EXPECT_EQ(offset, 20);
}

// ---- transactions

struct FetchIsolationTest : FetchTest {
    static protocol::BatchOptions producer(int32_t sequence) {
        protocol::BatchOptions options;
        options.producer_id = ProducerId{7};
        options.producer_epoch = 0;
        options.base_sequence = sequence;
        options.transactional = true;
        return options;
    }
    // The end of producer 7's transaction.
    static std::vector<uint8_t> marker(bool commit) {
        protocol::BatchOptions options = producer(-1);
        options.control = true;
        protocol::RecordBatchBuilder builder(options);
        const std::array<uint8_t, 4> key{0, 0, 0, static_cast<uint8_t>(commit ? 1 : 0)};
        const std::array<uint8_t, 6> value{};
        builder.add(1000, Bytes(key), Bytes(value));
        return builder.build();
    }
    FetchRequest committed(int64_t offset, int32_t max_wait_ms = 0) {
        FetchRequest ask = from(offset, max_wait_ms);
        ask.isolation_level = 1;
        return ask;
    }
};

TEST_F(FetchIsolationTest, F13_read_committed_ends_at_the_last_stable_offset) {
    produce("plain");
    ASSERT_EQ(rig.append("t", batch_of({"open"}, producer(0))).error, ErrorCode::none);
    produce("behind");
    const FetchResponse response = fetch(committed(0));
    EXPECT_EQ(only(response).high_watermark, Offset{3});
    EXPECT_EQ(only(response).last_stable_offset, Offset{1});
    EXPECT_EQ(BrokerRig::batches_in(*only(response).records), (std::vector<int64_t>{0}));
    ASSERT_TRUE(only(response).aborted_transactions.has_value());
    EXPECT_TRUE(only(response).aborted_transactions->empty());
    // F15: read_uncommitted sees it all.
    EXPECT_EQ(read(0), (std::vector<int64_t>{0, 1, 2}));
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{1});

    // Waits until the transaction ends (F03: bytes beyond the last stable offset do not count).
    const auto waiting = rig.begin(handle_fetch, committed(1, 10'000), 18);
    produce("more");
    rig.pass(100);
    EXPECT_FALSE(waiting->has_value());
    ASSERT_EQ(rig.append("t", marker(false), storage::AppendOrigin::coordinator).error,
              ErrorCode::none);
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    const PartitionAnswer& answer = only(**waiting);
    EXPECT_EQ(answer.last_stable_offset, Offset{5});
    EXPECT_EQ(BrokerRig::batches_in(*answer.records), (std::vector<int64_t>{1, 2, 3, 4}));
    ASSERT_EQ(answer.aborted_transactions->size(), 1u);
    EXPECT_EQ(answer.aborted_transactions->at(0).producer_id, ProducerId{7});
    EXPECT_EQ(answer.aborted_transactions->at(0).first_offset, Offset{1});
    // F15: aborted data and control batches are sent to read_uncommitted, without a list.
    const FetchResponse all = fetch(from(1));
    EXPECT_EQ(BrokerRig::batches_in(*only(all).records), (std::vector<int64_t>{1, 2, 3, 4}));
    EXPECT_FALSE(only(all).aborted_transactions.has_value());
}

TEST_F(FetchIsolationTest, F07_in_the_log_but_not_readable_yet_is_empty_and_no_error) {
    produce("plain");
    ASSERT_EQ(rig.append("t", batch_of({"open"}, producer(0))).error, ErrorCode::none);
    produce("behind");
    // Beyond the last stable offset, inside the log, and at its end: a client that is told "out of
    // range" would begin somewhere else and lose records.
    for (const int64_t offset : {1, 2, 3}) {
        const FetchResponse response = fetch(committed(offset));
        EXPECT_EQ(only(response).error_code, ErrorCode::none) << offset;
        EXPECT_TRUE(BrokerRig::batches_in(*only(response).records).empty()) << offset;
        EXPECT_EQ(only(response).high_watermark, Offset{3});
    }
    EXPECT_EQ(only(fetch(committed(4))).error_code, ErrorCode::offset_out_of_range);
}

TEST_F(FetchIsolationTest, F14_the_list_ends_where_the_records_end) {
    ASSERT_EQ(rig.append("t", batch_of({"first"}, producer(0))).error, ErrorCode::none);
    ASSERT_EQ(rig.append("t", marker(false), storage::AppendOrigin::coordinator).error,
              ErrorCode::none);
    ASSERT_EQ(rig.append("t", batch_of({"second"}, producer(1))).error, ErrorCode::none);
    ASSERT_EQ(rig.append("t", marker(false), storage::AppendOrigin::coordinator).error,
              ErrorCode::none);
    EXPECT_EQ(only(fetch(committed(0))).aborted_transactions->size(), 2u);
    auto request = committed(0);
    request.max_bytes = 1;
    const FetchResponse one = fetch(std::move(request));
    EXPECT_EQ(BrokerRig::batches_in(*only(one).records), (std::vector<int64_t>{0}));
    ASSERT_EQ(only(one).aborted_transactions->size(), 1u);
    EXPECT_EQ(only(one).aborted_transactions->at(0).first_offset, Offset{0});
    EXPECT_EQ(only(fetch(committed(1))).aborted_transactions->size(), 2u);
    EXPECT_EQ(only(fetch(committed(2))).aborted_transactions->size(), 1u);
}

// ---- cold data

TEST_F(FetchTest, N14_data_that_is_not_cached_is_read_from_the_disk) {
    produce("a");
    rig.disk.drop_caches();
    const auto waiting = rig.begin(handle_fetch, from(0, 0), 18);
    EXPECT_FALSE(waiting->has_value()) << "nothing is read on the loop";
    rig.pass(10);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(BrokerRig::batches_in(*only(**waiting).records), (std::vector<int64_t>{0}));
}

TEST_F(FetchTest, N14_cached_data_goes_out_beside_data_that_is_not) {
    produce("cold");
    rig.disk.drop_caches();
    produce("warm", 1);
    rig.read_lane().stuck();
    FetchRequest both = request(10'000);
    add(both, 0, 0);
    add(both, 1, 0);
    const auto at_once = rig.begin(handle_fetch, both, 18);
    ASSERT_TRUE(at_once->has_value());
    EXPECT_EQ(size_of((*at_once)->responses[0].partitions[0]), 0u);
    EXPECT_EQ((*at_once)->responses[0].partitions[0].error_code, ErrorCode::none);
    EXPECT_GT(size_of((*at_once)->responses[0].partitions[1]), 0u);
    // What the first fetch had begun to read, the second finds cached.
    rig.read_lane().release();
    rig.pass(10);
    const auto later = rig.begin(handle_fetch, both, 18);
    ASSERT_TRUE(later->has_value());
    EXPECT_GT(size_of((*later)->responses[0].partitions[0]), 0u);
    EXPECT_GT(size_of((*later)->responses[0].partitions[1]), 0u);
}

TEST_F(FetchTest, N14_a_disk_that_stands_still_gives_an_empty_answer_in_the_end) {
    produce("cold");
    rig.disk.drop_caches();
    rig.read_lane().stuck();
    const auto waiting = rig.begin(handle_fetch, from(0, 500), 18);
    rig.pass(9'999);
    EXPECT_FALSE(waiting->has_value());
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(size_of(only(**waiting)), 0u);
    EXPECT_EQ(only(**waiting).error_code, ErrorCode::none);
    // However often it is asked, only so many reads queue up.
    for (int i = 0; i < 30; ++i) (void)rig.begin(handle_fetch, from(0, 0), 18);
    EXPECT_LE(rig.read_lane().depth(), 8u);
    rig.read_lane().release();
    rig.pass(20'000);
    EXPECT_EQ(read(0), (std::vector<int64_t>{0}));
}

TEST_F(FetchTest, F03_a_page_cache_that_keeps_nothing_still_gets_data_through) {
    produce("a");
    produce("b", 1);
    rig.disk.set_never_cached(true);
    FetchRequest ask = request(100);
    add(ask, 0, 0);
    add(ask, 1, 0);
    const FetchResponse response = fetch(std::move(ask));
    EXPECT_GT(
        size_of(response.responses[0].partitions[0]) + size_of(response.responses[0].partitions[1]),
        0u);
}

}  // namespace
}  // namespace barnabas::broker
