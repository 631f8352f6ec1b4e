// SPDX-License-Identifier: Apache-2.0
// The group coordinator over real logs: requests in, answers out, restarts, disks that stand still.
#include <gtest/gtest.h>

#include "broker/coordinator/key_hash.h"
#include "broker/test/broker_rig.h"

namespace barnabas::broker {
namespace {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::OffsetCommitRequest;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::SyncGroupResponse;

struct GroupCoordinatorTest : testing::Test {
    void SetUp() override {
        rig.start();
        topic_id = rig.create_topic("t", 2);
        rig.create_topic("__consumer_offsets", 3, offsets_config);
        rig.pass(10);
    }

    BrokerRig::Running<JoinGroupResponse> begin_join(const std::string& member = "",
                                                     int16_t version = 3,
                                                     const std::string& group = "g") {
        JoinGroupRequest request;
        request.group_id = Text(group);
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 20'000;
        request.member_id = Text(member);
        request.protocol_type = "consumer";
        auto& protocol = request.protocols.emplace_back();
        protocol.name = "range";
        protocol.metadata = Blob(std::vector<uint8_t>{1, 2, 3});
        return rig.begin(handle_join_group, std::move(request), version);
    }
    JoinGroupResponse join(const std::string& member = "", int16_t version = 3,
                           const std::string& group = "g") {
        return end(begin_join(member, version, group));
    }
    BrokerRig::Running<SyncGroupResponse> begin_sync(const std::string& member, int32_t generation,
                                                     std::vector<std::string> assigned = {}) {
        protocol::SyncGroupRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.generation_id = generation;
        for (const std::string& to : assigned) {
            auto& assignment = request.assignments.emplace_back();
            assignment.member_id = Text(to);
            assignment.assignment = Blob(std::vector<uint8_t>(to.begin(), to.end()));
        }
        return rig.begin(handle_sync_group, std::move(request), 3);
    }
    SyncGroupResponse sync(const std::string& member, int32_t generation,
                           std::vector<std::string> assigned = {}) {
        return end(begin_sync(member, generation, std::move(assigned)));
    }
    ErrorCode heartbeat(const std::string& member, int32_t generation) {
        protocol::HeartbeatRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.generation_id = generation;
        const auto answer = rig.begin(handle_heartbeat, std::move(request), 3);
        EXPECT_TRUE(answer->has_value()) << "heartbeats never wait";
        return answer->has_value() ? (*answer)->error_code : ErrorCode::unknown_server_error;
    }
    OffsetCommitRequest commit_of(int64_t offset, const std::string& member = "",
                                  int32_t generation = -1, const std::string& group = "g") {
        OffsetCommitRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        request.generation_id_or_member_epoch = generation;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.topic_id = topic_id;
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = PartitionIndex{1};
        partition.committed_offset = Offset{offset};
        partition.committed_leader_epoch = LeaderEpoch{3};
        partition.committed_metadata = Text("note");
        return request;
    }
    ErrorCode commit(OffsetCommitRequest request, int16_t version = 8) {
        const auto response = rig.call(handle_offset_commit, std::move(request), version);
        return response.topics.at(0).partitions.at(0).error_code;
    }
    OffsetFetchResponse::OffsetFetchResponseGroup fetch_group(const std::string& group = "g",
                                                              int16_t version = 8) {
        OffsetFetchRequest request;
        auto& asked = request.groups.emplace_back();
        asked.group_id = Text(group);
        auto& topic = asked.topics.emplace().emplace_back();
        topic.name = "t";
        topic.topic_id = topic_id;
        topic.partition_indexes = {PartitionIndex{1}};
        return rig.call(handle_offset_fetch, std::move(request), version).groups.at(0);
    }
    // What OffsetFetch gives for t-1: -1 for nothing, -2 for an error.
    int64_t committed(const std::string& group = "g") {
        const auto answer = fetch_group(group);
        if (answer.error_code != ErrorCode::none) return -2;
        return answer.topics.at(0).partitions.at(0).committed_offset.value;
    }
    template <class T>
    T end(const BrokerRig::Running<T>& running) {
        for (int i = 0; i < 100 && !running->has_value(); ++i) rig.pass(1);
        EXPECT_TRUE(running->has_value());
        return running->has_value() ? **running : T{};
    }
    // One member in a stable generation 1.
    std::string settle() {
        const std::string member = join().member_id.str();
        EXPECT_EQ(sync(member, 1, {member}).error_code, ErrorCode::none);
        return member;
    }

    cluster::ConfigMap offsets_config{{"cleanup.policy", "compact"}};
    BrokerRig rig;
    Uuid topic_id;
};

TEST_F(GroupCoordinatorTest, a_group_lives) {
    const JoinGroupResponse id = join("", 9);
    EXPECT_EQ(id.error_code, ErrorCode::member_id_required);
    // "<client id>-<uuid>"
    EXPECT_EQ(id.member_id.str().substr(0, 5), "test-");
    EXPECT_EQ(id.member_id.size(), 5u + 36u);
    EXPECT_FALSE(id.protocol_name.has_value());
    const std::string member = id.member_id.str();
    const JoinGroupResponse joined = join(member, 9);
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(joined.generation_id, 1);
    EXPECT_EQ(joined.leader, member);
    EXPECT_EQ(joined.protocol_type->view(), "consumer");
    ASSERT_EQ(joined.members.size(), 1u);
    EXPECT_EQ(joined.members[0].metadata.size(), 3u);

    const SyncGroupResponse synced = sync(member, 1, {member});
    EXPECT_EQ(synced.error_code, ErrorCode::none);
    EXPECT_EQ(as_text(synced.assignment), member);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(7, member, 1)), ErrorCode::none);
    const auto fetched = fetch_group();
    const auto& partition = fetched.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.committed_offset, Offset{7});
    EXPECT_EQ(partition.committed_leader_epoch, LeaderEpoch{3});
    EXPECT_EQ(partition.metadata->view(), "note");

    protocol::LeaveGroupRequest leave;
    leave.group_id = "g";
    leave.members.emplace_back().member_id = Text(member);
    leave.members.emplace_back().member_id = "stranger";
    const auto left = rig.call(handle_leave_group, leave, 5);
    EXPECT_EQ(left.error_code, ErrorCode::none);
    EXPECT_EQ(left.members.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(left.members.at(1).error_code, ErrorCode::unknown_member_id);
    leave.member_id = Text(member);
    EXPECT_EQ(rig.call(handle_leave_group, leave, 2).error_code, ErrorCode::unknown_member_id);
    EXPECT_EQ(committed(), 7);
}

TEST_F(GroupCoordinatorTest, two_members_share) {
    const std::string first = settle();
    const auto joining = begin_join();
    rig.pass(100);
    EXPECT_FALSE(joining->has_value());
    EXPECT_EQ(heartbeat(first, 1), ErrorCode::rebalance_in_progress);
    EXPECT_EQ(join(first).generation_id, 2);
    const std::string second = end(joining).member_id.str();
    const auto waiting = begin_sync(second, 2);
    rig.pass(100);
    EXPECT_FALSE(waiting->has_value());
    EXPECT_EQ(as_text(sync(first, 2, {first, second}).assignment), first);
    EXPECT_EQ(as_text(end(waiting).assignment), second);
    // The second goes silent: the first finds out.
    for (int i = 0; i < 4; ++i) {
        rig.pass(3'000);
        if (heartbeat(first, 2) == ErrorCode::rebalance_in_progress) break;
    }
    EXPECT_EQ(join(first).generation_id, 3);
}

TEST_F(GroupCoordinatorTest, G13_everything_is_there_after_a_restart) {
    const std::string member = settle();
    EXPECT_EQ(commit(commit_of(7, member, 1)), ErrorCode::none);
    EXPECT_EQ(commit(commit_of(9, "", -1, "simple")), ErrorCode::none);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(committed(), 7);
    EXPECT_EQ(committed("simple"), 9);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
    EXPECT_EQ(as_text(sync(member, 1).assignment), member);
    EXPECT_EQ(commit(commit_of(8, member, 1)), ErrorCode::none);
    EXPECT_EQ(committed(), 8);
}

TEST_F(GroupCoordinatorTest, G12_what_was_acknowledged_survives_a_loss_of_power) {
    rig.create_topic("u", 1);
    rig.delete_topic("__consumer_offsets");
    offsets_config["flush.messages"] = "1";
    rig.create_topic("__consumer_offsets", 3, offsets_config);
    rig.pass(10);
    const std::string member = settle();
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        const auto offset = static_cast<int64_t>(100 * seed);
        EXPECT_EQ(commit(commit_of(offset, member, 1)), ErrorCode::none);
        // One more is on its way when it happens.
        rig.write_lane().stuck();
        const auto unsure = rig.begin(handle_offset_commit, commit_of(offset + 1, member, 1), 8);
        rig.crash(seed);
        rig.start();
        rig.pass(100);
        EXPECT_FALSE(unsure->has_value() &&
                     (*unsure)->topics.at(0).partitions.at(0).error_code == ErrorCode::none);
        EXPECT_TRUE(committed() == offset || committed() == offset + 1) << committed();
        EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
    }
}

TEST_F(GroupCoordinatorTest, G12_a_commit_is_seen_when_it_is_committed_and_not_before) {
    const std::string member = settle();
    EXPECT_EQ(commit(commit_of(1, member, 1)), ErrorCode::none);
    rig.write_lane().stuck();
    const auto waiting = rig.begin(handle_offset_commit, commit_of(2, member, 1), 8);
    rig.pass(1'000);
    EXPECT_FALSE(waiting->has_value());
    EXPECT_EQ(committed(), 1);
    // N14: what needs no write is answered meanwhile.
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
    rig.write_lane().release();
    rig.pass(10);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(committed(), 2);
}

TEST_F(GroupCoordinatorTest, G12_a_disk_that_stands_still_ends_in_a_retriable_error) {
    const std::string member = settle();
    rig.write_lane().stuck();
    const auto waiting = rig.begin(handle_offset_commit, commit_of(2, member, 1), 8);
    rig.pass(4'999);
    EXPECT_FALSE(waiting->has_value());
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    const ErrorCode error = (*waiting)->topics.at(0).partitions.at(0).error_code;
    EXPECT_EQ(error, ErrorCode::coordinator_not_available);
    EXPECT_TRUE(is_retriable(error));
    // For so long that storage gives the write up, although it is still in the lane's queue.
    for (int i = 0; i < 20; ++i) {
        rig.pass(3'000);
        EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
    }
    rig.write_lane().release();
    rig.pass(10);
    // It got into the log after all. The next write finds that out, and what is alive is what a
    // replay gives.
    EXPECT_EQ(commit(commit_of(3, member, 1)), ErrorCode::none);
    EXPECT_EQ(committed(), 3);
    EXPECT_EQ(commit(commit_of(4, "", -1, "other")), ErrorCode::none);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(committed(), 3);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
}

TEST_F(GroupCoordinatorTest, many_commits_share_batches) {
    const std::string member = settle();
    rig.write_lane().stuck();
    std::vector<BrokerRig::Running<protocol::OffsetCommitResponse>> waiting;
    for (int64_t i = 0; i < 100; ++i)
        waiting.push_back(rig.begin(handle_offset_commit, commit_of(i, member, 1), 8));
    rig.write_lane().release();
    rig.pass(10);
    for (const auto& one : waiting) {
        ASSERT_TRUE(one->has_value());
        EXPECT_EQ((*one)->topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    }
    EXPECT_EQ(committed(), 99);
    const auto log = rig.partition("__consumer_offsets", partition_for_key("g", 3));
    const auto records = rig.loop.run_until_done(log->log().read_records(
        {.from = Offset{0}, .limit = log->high_watermark(), .bytes_max = 1 << 20}));
    ASSERT_TRUE(records.has_value());
    // The generation, the commit that was on its way alone, and the other 99.
    EXPECT_EQ(BrokerRig::batches_in(protocol::Records(Blob(*records))).size(), 3u);
}

TEST_F(GroupCoordinatorTest, G14_groups_are_not_answered_before_they_are_loaded) {
    const std::string member = settle();
    EXPECT_EQ(commit(commit_of(7, member, 1)), ErrorCode::none);
    rig.stop();
    rig.reads_stuck_at_start = true;
    rig.start();
    // Nothing may look as if there were no offset.
    EXPECT_EQ(fetch_group().error_code, ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(join(member).error_code, ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(commit(commit_of(8, member, 1)), ErrorCode::coordinator_load_in_progress);
    rig.read_lane().release();
    rig.pass(100);
    EXPECT_EQ(committed(), 7);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
}

TEST_F(GroupCoordinatorTest, G14_a_coordinator_that_moved_away_says_so) {
    const std::string member = settle();
    const auto joining = begin_join();
    const auto syncing = begin_sync(member, 1);
    rig.move_leader("__consumer_offsets", BrokerId{2});
    rig.loop.run_ready();
    ASSERT_TRUE(joining->has_value());
    EXPECT_EQ((*joining)->error_code, ErrorCode::not_coordinator);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::not_coordinator);
    EXPECT_EQ(commit(commit_of(8, member, 1)), ErrorCode::not_coordinator);
    EXPECT_EQ(fetch_group().error_code, ErrorCode::not_coordinator);
    // And back.
    rig.move_leader("__consumer_offsets", BrokerId{1});
    rig.pass(100);
    EXPECT_EQ(heartbeat(member, 1), ErrorCode::none);
}

TEST_F(GroupCoordinatorTest, without_the_topic_there_is_no_coordinator) {
    rig.delete_topic("__consumer_offsets");
    rig.loop.run_ready();
    EXPECT_EQ(join().error_code, ErrorCode::not_coordinator);
    EXPECT_EQ(fetch_group().error_code, ErrorCode::not_coordinator);
}

TEST_F(GroupCoordinatorTest, who_waits_is_answered_when_the_broker_stops) {
    settle();
    const auto joining = begin_join();
    EXPECT_FALSE(joining->has_value());
    rig.stop();
    ASSERT_TRUE(joining->has_value());
    EXPECT_EQ((*joining)->error_code, ErrorCode::coordinator_not_available);
    rig.start();
}

TEST_F(GroupCoordinatorTest, commits_are_refused_partition_by_partition) {
    OffsetCommitRequest request = commit_of(7);
    request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
    request.topics[0].partitions[1].partition_index = PartitionIndex{9};
    request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
    request.topics[0].partitions[2].committed_metadata = Text(std::string(4097, 'x'));
    request.topics.push_back(request.topics[0]);
    request.topics[1].name = "unknown";
    const auto response = rig.call(handle_offset_commit, std::move(request), 8);
    const auto& known = response.topics.at(0).partitions;
    // What is not there comes first.
    EXPECT_EQ(known.at(0).partition_index, PartitionIndex{9});
    EXPECT_EQ(known.at(0).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(known.at(1).error_code, ErrorCode::none);
    EXPECT_EQ(known.at(2).error_code, ErrorCode::offset_metadata_too_large);
    for (const auto& partition : response.topics.at(1).partitions)
        EXPECT_EQ(partition.error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(committed(), 7);
}

TEST_F(GroupCoordinatorTest, topics_by_id) {
    EXPECT_EQ(commit(commit_of(7), 10), ErrorCode::none);
    EXPECT_EQ(fetch_group("g", 10).topics.at(0).partitions.at(0).committed_offset, Offset{7});
    EXPECT_EQ(fetch_group("g", 10).topics.at(0).topic_id, topic_id);
    const Uuid known = std::exchange(topic_id, Uuid{{9}});
    EXPECT_EQ(commit(commit_of(8), 10), ErrorCode::unknown_topic_id);
    EXPECT_EQ(fetch_group("g", 10).topics.at(0).partitions.at(0).error_code,
              ErrorCode::unknown_topic_id);
    topic_id = known;
    // G16: the name's next topic has no offsets yet.
    rig.delete_topic("t");
    topic_id = rig.create_topic("t", 2);
    EXPECT_EQ(committed(), -1);
    EXPECT_EQ(fetch_group("g", 10).topics.at(0).partitions.at(0).committed_offset, offset_none);
}

TEST_F(GroupCoordinatorTest, offset_fetch_in_every_version) {
    EXPECT_EQ(commit(commit_of(7)), ErrorCode::none);
    for (int16_t version = 1; version <= 7; ++version) {
        OffsetFetchRequest request;
        request.group_id = "g";
        auto& topic = request.topics.emplace().emplace_back();
        topic.name = "t";
        topic.partition_indexes = {PartitionIndex{0}, PartitionIndex{1}};
        const auto response = rig.call(handle_offset_fetch, request, version);
        EXPECT_EQ(response.error_code, ErrorCode::none);
        const auto& partitions = response.topics.at(0).partitions;
        EXPECT_EQ(partitions.at(0).committed_offset, offset_none);
        EXPECT_EQ(partitions.at(0).metadata->view(), "");
        EXPECT_EQ(partitions.at(1).committed_offset, Offset{7});
        if (version < 2) continue;
        request.topics.reset();
        const auto all = rig.call(handle_offset_fetch, request, version);
        ASSERT_EQ(all.topics.size(), 1u);
        ASSERT_EQ(all.topics[0].partitions.size(), 1u);
        EXPECT_EQ(all.topics[0].partitions[0].partition_index, PartitionIndex{1});
    }
    // Several groups at once, one of which nobody knows.
    OffsetFetchRequest many;
    many.groups.emplace_back().group_id = "g";
    many.groups.emplace_back().group_id = "nobody";
    for (auto& group : many.groups) group.topics.reset();
    const auto response = rig.call(handle_offset_fetch, many, 9);
    EXPECT_EQ(response.groups.at(0).topics.size(), 1u);
    EXPECT_EQ(response.groups.at(1).group_id, "nobody");
    EXPECT_EQ(response.groups.at(1).error_code, ErrorCode::none);
    EXPECT_TRUE(response.groups.at(1).topics.empty());
    // v1 knows no error but those of partitions.
    rig.move_leader("__consumer_offsets", BrokerId{2});
    OffsetFetchRequest old;
    old.group_id = "g";
    auto& topic = old.topics.emplace().emplace_back();
    topic.name = "t";
    topic.partition_indexes = {PartitionIndex{1}};
    const auto refused = rig.call(handle_offset_fetch, old, 1);
    EXPECT_EQ(refused.topics.at(0).partitions.at(0).error_code, ErrorCode::not_coordinator);
    EXPECT_EQ(refused.topics.at(0).partitions.at(0).committed_offset, offset_none);
}

TEST_F(GroupCoordinatorTest, sync_of_v5_says_what_was_chosen) {
    const std::string member = join().member_id.str();
    protocol::SyncGroupRequest request;
    request.group_id = "g";
    request.member_id = Text(member);
    request.generation_id = 1;
    EXPECT_EQ(rig.call(handle_sync_group, request, 5).error_code,
              ErrorCode::inconsistent_group_protocol);
    request.protocol_type = Text("consumer");
    request.protocol_name = Text("range");
    const auto synced = rig.call(handle_sync_group, request, 5);
    EXPECT_EQ(synced.error_code, ErrorCode::none);
    EXPECT_EQ(synced.protocol_name->view(), "range");
}

TEST_F(GroupCoordinatorTest, empty_group_ids) {
    EXPECT_EQ(join("", 3, "").error_code, ErrorCode::invalid_group_id);
    protocol::HeartbeatRequest heart;
    EXPECT_EQ(rig.call(handle_heartbeat, heart, 3).error_code, ErrorCode::invalid_group_id);
    protocol::LeaveGroupRequest leave;
    EXPECT_EQ(rig.call(handle_leave_group, leave, 2).error_code, ErrorCode::invalid_group_id);
    // Commits of consumers without a group are kept all the same.
    EXPECT_EQ(commit(commit_of(5, "", -1, "")), ErrorCode::none);
    EXPECT_EQ(committed(""), 5);
}

}  // namespace
}  // namespace barnabas::broker
