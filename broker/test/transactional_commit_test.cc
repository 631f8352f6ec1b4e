// SPDX-License-Identifier: Apache-2.0
// TxnOffsetCommit: offsets that wait for their transaction, who sees them when, and what deletes
// them meanwhile.
#include <gtest/gtest.h>

#include "base/random.h"
#include "broker/test/broker_rig.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"

namespace barnabas::broker {
namespace {

using protocol::OffsetFetchRequest;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

constexpr int64_t nothing = -1, unstable = -88;

struct Member {
    std::string id{};
    int32_t generation = -1;
};

struct TransactionalCommitTest : testing::Test {
    void SetUp() override {
        begin();
        rig.create_topic("t", 2);
        rig.create_topic("__consumer_offsets", 3, {{"cleanup.policy", "compact"}});
        rig.pass(10);
    }
    void begin() {
        rig.start();
        rig.transactions->answers = [this](const TransactionalProducer& producer,
                                           const auto& partitions, AddPartitionsMode mode) {
            asked.emplace_back(producer.transactional_id, mode);
            return std::vector(partitions.size(), answer);
        };
        rig.pass(10);
    }

    TxnOffsetCommitRequest commit_of(int64_t offset, const Member& member = {},
                                     int64_t producer = 7, int16_t epoch = 0) {
        TxnOffsetCommitRequest request;
        request.transactional_id = "id";
        request.group_id = "g";
        request.producer_id = ProducerId{producer};
        request.producer_epoch = epoch;
        request.generation_id = member.generation;
        request.member_id = Text(member.id);
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = PartitionIndex{1};
        partition.committed_offset = Offset{offset};
        partition.committed_metadata = Text("note");
        return request;
    }
    static ErrorCode error_of(const TxnOffsetCommitResponse& response) {
        return response.topics.at(0).partitions.at(0).error_code;
    }
    ErrorCode commit(TxnOffsetCommitRequest request, int16_t version = 4) {
        return error_of(rig.call(handle_txn_offset_commit, std::move(request), version));
    }
    ErrorCode commit_plainly(int64_t offset) {
        protocol::OffsetCommitRequest request;
        request.group_id = "g";
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = PartitionIndex{1};
        partition.committed_offset = Offset{offset};
        const auto response = rig.call(handle_offset_commit, std::move(request), 8);
        return response.topics.at(0).partitions.at(0).error_code;
    }
    TransactionMarker marker(bool commit, int16_t epoch, int64_t producer) const {
        return {.producer_id = ProducerId{producer},
                .producer_epoch = epoch,
                .coordinator_epoch = 0,
                .commit = commit,
                .transaction_version = 0};
    }
    storage::TopicPartition home() const {
        return {"__consumer_offsets", rig.groups->partition_of("g")};
    }
    ErrorCode end(bool commit, int16_t epoch = 0, int64_t producer = 7) {
        return rig.loop.run_until_done(
            rig.markers->write(home(), marker(commit, epoch, producer),
                               rig.loop.clock().after(std::chrono::seconds(5))));
    }
    // What OffsetFetch gives for t-1, or nothing, or unstable.
    int64_t fetched(bool stable, bool all = false) {
        OffsetFetchRequest request;
        request.require_stable = stable;
        auto& asked_group = request.groups.emplace_back();
        asked_group.group_id = "g";
        asked_group.topics.reset();
        if (!all) {
            auto& topic = asked_group.topics.emplace().emplace_back();
            topic.name = "t";
            topic.partition_indexes = {PartitionIndex{1}};
        }
        const auto response = rig.call(handle_offset_fetch, std::move(request), 8);
        const auto& group = response.groups.at(0);
        EXPECT_EQ(group.error_code, ErrorCode::none);
        if (group.topics.empty()) return nothing;
        const auto& partition = group.topics[0].partitions.at(0);
        if (partition.error_code == ErrorCode::unstable_offset_commit) {
            EXPECT_EQ(partition.committed_offset, offset_none);
            return unstable;
        }
        EXPECT_EQ(partition.error_code, ErrorCode::none);
        return partition.committed_offset.value;
    }
    // A member of generation 1, synced or not yet.
    Member join(bool synced = true) {
        protocol::JoinGroupRequest request;
        request.group_id = "g";
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 20'000;
        request.protocol_type = "consumer";
        auto& protocol = request.protocols.emplace_back();
        protocol.name = "range";
        protocol.metadata = Blob(std::vector<uint8_t>{1, 2, 3});
        const auto joined = rig.call(handle_join_group, std::move(request), 3);
        const std::string id = joined.member_id.str();
        if (synced) {
            protocol::SyncGroupRequest sync;
            sync.group_id = "g";
            sync.member_id = Text(id);
            sync.generation_id = 1;
            (void)rig.call(handle_sync_group, std::move(sync), 3);
        }
        return {id, joined.generation_id};
    }
    size_t groups_listed() {
        return rig.call(handle_list_groups, protocol::ListGroupsRequest{}, 4).groups.size();
    }

    BrokerRig rig;
    ErrorCode answer = ErrorCode::none;
    std::vector<std::pair<std::string, AddPartitionsMode>> asked;
};

TEST_F(TransactionalCommitTest, X16_X17_offsets_count_when_the_marker_has_been_told) {
    EXPECT_EQ(commit_plainly(3), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    EXPECT_EQ(fetched(false), 3);
    EXPECT_EQ(fetched(true), unstable);
    EXPECT_EQ(fetched(true, true), unstable);
    EXPECT_EQ(fetched(false, true), 3);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(false), 7);
    EXPECT_EQ(fetched(true), 7);
    EXPECT_EQ(commit(commit_of(9)), ErrorCode::none);
    EXPECT_EQ(end(false), ErrorCode::none);
    EXPECT_EQ(fetched(true), 7);
}

TEST_F(TransactionalCommitTest, X17_what_is_later_in_the_log_wins) {
    EXPECT_EQ(commit(commit_of(5)), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(6, {}, 8)), ErrorCode::none);
    EXPECT_EQ(end(true, 0, 8), ErrorCode::none);
    EXPECT_EQ(fetched(false), 6);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), 6) << "the older record commits later";
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    EXPECT_EQ(commit_plainly(9), ErrorCode::none);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), 9);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(fetched(true), 9) << "what was replayed is what was live";
}

TEST_F(TransactionalCommitTest, X17_markers_and_commits_keep_their_order_in_line) {
    rig.write_lane().stuck();
    const auto first = rig.begin(handle_txn_offset_commit, commit_of(1), 4);
    rig.pass(1);
    const auto ended = rig.spawn(rig.markers->write(home(), marker(true, 0, 7), Nanos::max()));
    rig.pass(1);
    const auto second = rig.begin(handle_txn_offset_commit, commit_of(2), 4);
    rig.pass(1);
    EXPECT_FALSE(ended->has_value());
    rig.write_lane().release();
    rig.pass(20);
    ASSERT_TRUE(first->has_value() && ended->has_value() && second->has_value());
    EXPECT_EQ(error_of(**first), ErrorCode::none);
    EXPECT_EQ(**ended, ErrorCode::none);
    EXPECT_EQ(fetched(false), 1);
    EXPECT_EQ(fetched(true), unstable);
}

TEST_F(TransactionalCommitTest, a_commit_on_its_way_is_not_stable) {
    EXPECT_EQ(commit_plainly(3), ErrorCode::none);
    rig.write_lane().stuck();
    const auto committing = rig.begin(handle_txn_offset_commit, commit_of(7), 4);
    rig.pass(1);
    OffsetFetchRequest request;
    request.require_stable = true;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    group.topics.reset();
    const auto fetching = rig.begin(handle_offset_fetch, std::move(request), 8);
    rig.pass(50);
    EXPECT_FALSE(fetching->has_value()) << "what was asked for before counts";
    rig.write_lane().release();
    rig.pass(20);
    ASSERT_TRUE(fetching->has_value());
    EXPECT_EQ((*fetching)->groups.at(0).topics.at(0).partitions.at(0).error_code,
              ErrorCode::unstable_offset_commit);
}

TEST_F(TransactionalCommitTest, open_offsets_survive_restarts) {
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    for (int i = 0; i < 2; ++i) {
        rig.restart();
        rig.pass(100);
        EXPECT_EQ(fetched(true), unstable);
        EXPECT_EQ(fetched(false), nothing);
        EXPECT_EQ(groups_listed(), 1u);
    }
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), 7);
}

TEST_F(TransactionalCommitTest, X24_only_who_is_in_the_group_commits_for_it) {
    // Nobody has been there.
    EXPECT_EQ(commit(commit_of(1, {"stranger", 3})), ErrorCode::illegal_generation);
    const Member member = join();
    EXPECT_EQ(commit(commit_of(1, member)), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(1)), ErrorCode::none) << "older clients do not say who they are";
    EXPECT_EQ(commit(commit_of(1, {member.id, 0})), ErrorCode::illegal_generation);
    EXPECT_EQ(commit(commit_of(1, {member.id, 2})), ErrorCode::illegal_generation);
    EXPECT_EQ(commit(commit_of(1, {"other", 1})), ErrorCode::unknown_member_id);
    EXPECT_EQ(commit(commit_of(1, {"", 1})), ErrorCode::unknown_member_id);
}

TEST_F(TransactionalCommitTest, members_that_have_no_assignment_yet_may_commit) {
    const Member member = join(false);
    EXPECT_EQ(commit(commit_of(1, member)), ErrorCode::none);
}

TEST_F(TransactionalCommitTest, X10_the_transaction_is_asked_for_once) {
    EXPECT_EQ(commit(commit_of(1), 3), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(2), 3), ErrorCode::none);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0],
              (std::pair<std::string, AddPartitionsMode>("id", AddPartitionsMode::verify)));
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(3), 5), ErrorCode::none);
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[1].second, AddPartitionsMode::add);
}

TEST_F(TransactionalCommitTest, refusals_of_the_transaction_coordinator) {
    using enum ErrorCode;
    const std::vector<std::array<ErrorCode, 4>> rows{
        // said, v3, v4, v5
        {transaction_abortable, invalid_txn_state, transaction_abortable, transaction_abortable},
        {producer_fenced, invalid_producer_epoch, invalid_producer_epoch, invalid_producer_epoch},
        {network_exception, coordinator_load_in_progress, coordinator_load_in_progress,
         coordinator_load_in_progress},
        {not_coordinator, not_coordinator, not_coordinator, not_coordinator},
        {concurrent_transactions, concurrent_transactions, concurrent_transactions,
         concurrent_transactions}};
    for (const auto& row : rows) {
        answer = row[0];
        for (int16_t version = 3; version <= 5; ++version)
            EXPECT_EQ(commit(commit_of(1), version), row[static_cast<size_t>(version) - 2])
                << error_name(row[0]) << " v" << version;
    }
    EXPECT_EQ(fetched(true), nothing);
}

TEST_F(TransactionalCommitTest, X10_a_marker_between_the_answer_and_the_commit_stops_the_commit) {
    rig.transactions->takes = std::chrono::milliseconds(50);
    const auto late = rig.begin(handle_txn_offset_commit, commit_of(1), 4);
    rig.pass(10);
    EXPECT_EQ(end(true), ErrorCode::none);
    rig.pass(100);
    ASSERT_TRUE(late->has_value());
    EXPECT_EQ(error_of(**late), ErrorCode::invalid_txn_state);
    EXPECT_EQ(fetched(true), nothing);
}

TEST_F(TransactionalCommitTest, X11_a_late_commit_of_an_earlier_epoch_is_refused) {
    EXPECT_EQ(commit(commit_of(1), 5), ErrorCode::none);
    EXPECT_EQ(end(true, 1), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(9), 5), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(fetched(true), 1);
}

TEST_F(TransactionalCommitTest, partitions_are_answered_for_themselves) {
    TxnOffsetCommitRequest request = commit_of(7);
    request.topics[0].partitions.emplace_back().partition_index = PartitionIndex{9};
    auto& loud = request.topics[0].partitions.emplace_back();
    loud.partition_index = PartitionIndex{0};
    loud.committed_metadata = Text(std::string(5000, 'x'));
    request.topics.emplace_back().name = "unknown";
    request.topics[1].partitions.emplace_back().partition_index = PartitionIndex{0};
    const auto response = rig.call(handle_txn_offset_commit, std::move(request), 5);
    ASSERT_EQ(response.topics.size(), 2u);
    const auto& known = response.topics[0].partitions;
    EXPECT_EQ(known.at(0).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(known.at(1).error_code, ErrorCode::none);
    EXPECT_EQ(known.at(2).error_code, ErrorCode::offset_metadata_too_large);
    EXPECT_EQ(response.topics[1].partitions.at(0).error_code,
              ErrorCode::unknown_topic_or_partition);
    TxnOffsetCommitRequest nameless = commit_of(7);
    nameless.group_id = "";
    EXPECT_EQ(commit(std::move(nameless)), ErrorCode::invalid_group_id);
}

TEST_F(TransactionalCommitTest, deleting_takes_what_is_pending_too) {
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    protocol::OffsetDeleteRequest request;
    request.group_id = "g";
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back().partition_index = PartitionIndex{1};
    const auto deleted = rig.call(handle_offset_delete, std::move(request), 0);
    EXPECT_EQ(deleted.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(fetched(true), nothing);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), nothing);

    EXPECT_EQ(commit(commit_of(8)), ErrorCode::none);
    protocol::DeleteGroupsRequest all;
    all.groups_names.emplace_back("g");
    const auto gone = rig.call(handle_delete_groups, std::move(all), 2);
    EXPECT_EQ(gone.results.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(groups_listed(), 0u);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), nothing);
}

TEST_F(TransactionalCommitTest, G16_offsets_of_deleted_topics_go_though_pending) {
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    rig.delete_topic("t");
    rig.pass(100);
    rig.create_topic("t", 2);
    EXPECT_EQ(end(true), ErrorCode::none);
    EXPECT_EQ(fetched(true), nothing);
}

TEST_F(TransactionalCommitTest, G15_what_is_pending_does_not_expire) {
    EXPECT_EQ(commit_plainly(3), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    rig.pass(8LL * 24 * 3600 * 1000);
    EXPECT_EQ(fetched(false), 3);
    EXPECT_EQ(end(false), ErrorCode::none);
    rig.pass(24LL * 3600 * 1000);
    EXPECT_EQ(fetched(false), nothing);
}

TEST_F(TransactionalCommitTest, X17_live_offsets_are_those_that_are_replayed) {
    Random random(3);
    for (int i = 1; i <= 400; ++i) {
        const auto producer = static_cast<int64_t>(7 + random.below(3));
        const uint64_t what = random.below(10);
        if (what < 2) {
            EXPECT_EQ(commit_plainly(i), ErrorCode::none);
        } else if (what < 7) {
            EXPECT_EQ(commit(commit_of(i, {}, producer)), ErrorCode::none);
        } else {
            EXPECT_EQ(end(random.chance(1, 2), 0, producer), ErrorCode::none);
        }
        if (i % 20 != 0) continue;
        const std::pair live(fetched(false), fetched(true));
        const bool crashes = i % 40 == 0;
        if (crashes)
            rig.crash(static_cast<uint64_t>(i));
        else
            rig.stop();
        begin();
        rig.pass(100);
        // What was not synced may be lost in a crash.
        if (!crashes) ASSERT_EQ(std::pair(fetched(false), fetched(true)), live) << i;
    }
}

TEST_F(TransactionalCommitTest, X14_markers_while_the_group_partition_is_not_here) {
    rig.move_leader("__consumer_offsets", BrokerId{2});
    EXPECT_EQ(end(true), ErrorCode::not_leader_or_follower);
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::not_coordinator);
}

}  // namespace
}  // namespace barnabas::broker
