// SPDX-License-Identifier: Apache-2.0
// Consumer groups (KIP-848) as clients see them: requests to the coordinator over real logs,
// answers out; restarts, members of both protocols.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/group/embedded_protocol.h"
#include "broker/test/broker_rig.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using testing::HasSubstr;

struct ConsumerGroupTest : testing::Test {
    void SetUp() override {
        rig.start();
        t = rig.create_topic("t", 4);
        rig.create_topic("__consumer_offsets", 3, {{"cleanup.policy", "compact"}});
        rig.pass(10);
    }

    ConsumerGroupHeartbeatRequest beat_of(const std::string& member, int32_t epoch) {
        ConsumerGroupHeartbeatRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.member_epoch = epoch;
        return request;
    }
    ConsumerGroupHeartbeatRequest join_of(const std::string& member) {
        auto request = beat_of(member, 0);
        request.rebalance_timeout_ms = 10'000;
        request.subscribed_topic_names.emplace().push_back("t");
        request.topic_partitions.emplace();
        return request;
    }
    ConsumerGroupHeartbeatResponse send(ConsumerGroupHeartbeatRequest request,
                                        int16_t version = 1) {
        return rig.call(handle_consumer_group_heartbeat, std::move(request), version);
    }
    ConsumerGroupHeartbeatResponse join(const std::string& member) { return send(join_of(member)); }
    ConsumerGroupHeartbeatResponse beat(const std::string& member, int32_t epoch) {
        return send(beat_of(member, epoch));
    }
    ConsumerGroupHeartbeatResponse beat_owning(const std::string& member, int32_t epoch,
                                               std::vector<int> owned) {
        auto request = beat_of(member, epoch);
        auto& topics = request.topic_partitions.emplace();
        if (!owned.empty()) {
            auto& topic = topics.emplace_back();
            topic.topic_id = t;
            for (const int partition : owned) topic.partitions.push_back(PartitionIndex{partition});
        }
        return send(std::move(request));
    }
    // "0,1", "none", or "-" when nothing is said.
    static std::string assigned(const ConsumerGroupHeartbeatResponse& response) {
        if (!response.assignment) return "-";
        std::string text;
        for (const auto& topic : response.assignment->topic_partitions)
            for (const PartitionIndex partition : topic.partitions)
                text += (text.empty() ? "" : ",") + std::to_string(partition.value);
        return text.empty() ? "none" : text;
    }
    protocol::ConsumerGroupDescribeResponse::DescribedGroup describe(
        const std::string& group = "g") {
        ConsumerGroupDescribeRequest request;
        request.group_ids.push_back(Text(group));
        return rig.call(handle_consumer_group_describe, std::move(request), 1).groups.at(0);
    }
    ErrorCode commit(const std::string& member, int32_t epoch, int partition, int16_t version = 9) {
        protocol::OffsetCommitRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.generation_id_or_member_epoch = epoch;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.emplace_back().partition_index = PartitionIndex{partition};
        const auto response = rig.call(handle_offset_commit, std::move(request), version);
        return response.topics.at(0).partitions.at(0).error_code;
    }
    // A member of the classic protocol that owns these partitions.
    protocol::JoinGroupResponse classic_join(const std::string& member, std::vector<int> owned,
                                             const std::string& protocol = "cooperative-sticky") {
        protocol::ConsumerProtocolSubscription subscription;
        subscription.topics.push_back("t");
        auto& topic = subscription.owned_partitions.emplace_back();
        topic.topic = "t";
        for (const int partition : owned) topic.partitions.push_back(PartitionIndex{partition});
        protocol::JoinGroupRequest request;
        request.group_id = "g";
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 20'000;
        request.member_id = Text(member);
        request.protocol_type = "consumer";
        auto& one = request.protocols.emplace_back();
        one.name = Text(protocol);
        one.metadata = Blob(protocol::encode_consumer_protocol(subscription, 3));
        return rig.call(handle_join_group, std::move(request), 3);
    }
    std::string classic_sync(const std::string& member, int32_t generation,
                             std::vector<uint8_t> assignment = {}) {
        protocol::SyncGroupRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.generation_id = generation;
        if (!assignment.empty()) {
            auto& one = request.assignments.emplace_back();
            one.member_id = Text(member);
            one.assignment = Blob(std::move(assignment));
        }
        const auto response = rig.call(handle_sync_group, std::move(request), 3);
        if (response.error_code != ErrorCode::none) return error_name(response.error_code);
        const Bytes bytes = response.assignment;
        const auto read = read_assignment({bytes.begin(), bytes.end()});
        if (!read) return "unreadable";
        std::string text;
        for (const auto& [topic, partition] : read->partitions)
            text += (text.empty() ? "" : ",") + std::to_string(partition.value);
        return text.empty() ? "none" : text;
    }
    ErrorCode classic_heartbeat(const std::string& member, int32_t generation) {
        protocol::HeartbeatRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        request.generation_id = generation;
        return rig.call(handle_heartbeat, std::move(request), 3).error_code;
    }
    ErrorCode classic_leave(const std::string& member) {
        protocol::LeaveGroupRequest request;
        request.group_id = "g";
        request.member_id = Text(member);
        return rig.call(handle_leave_group, std::move(request), 2).error_code;
    }
    std::vector<uint8_t> assignment_of(std::vector<int> partitions) {
        protocol::ConsumerProtocolAssignment assignment;
        auto& topic = assignment.assigned_partitions.emplace_back();
        topic.topic = "t";
        for (const int partition : partitions)
            topic.partitions.push_back(PartitionIndex{partition});
        return protocol::encode_consumer_protocol(assignment, 3);
    }

    BrokerRig rig;
    Uuid t;
};

TEST_F(ConsumerGroupTest, a_member_gets_everything_and_leaves) {
    const auto joined = join("m1");
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(joined.member_epoch, 2);
    EXPECT_EQ(assigned(joined), "0,1,2,3");
    // A group in motion is asked more often, until it has been at rest for a while.
    EXPECT_EQ(joined.heartbeat_interval_ms, 200);
    EXPECT_EQ(assigned(beat("m1", 2)), "-");
    rig.pass(11'000);
    EXPECT_EQ(beat("m1", 2).heartbeat_interval_ms, 5000);
    auto group = describe();
    EXPECT_EQ(group.group_state.view(), "Stable");
    EXPECT_EQ(group.assignor_name.view(), "uniform");
    EXPECT_EQ(group.members.at(0).client_host.view(), "/" + rig.client.peer.host);
    EXPECT_EQ(beat("m1", -1).member_epoch, -1);
    EXPECT_EQ(describe().group_state.view(), "Empty");
    EXPECT_EQ(describe("unknown").error_code, ErrorCode::group_id_not_found);
    EXPECT_THAT(describe("unknown").error_message->str(), HasSubstr("Group unknown not found."));
}

TEST_F(ConsumerGroupTest, requests_are_checked) {
    EXPECT_EQ(send(join_of("")).error_code, ErrorCode::invalid_request);
    EXPECT_FALSE(send(join_of(""), 0).member_id->empty());
    auto request = join_of("m");
    request.server_assignor = "mine";
    EXPECT_EQ(send(request).error_code, ErrorCode::unsupported_assignor);
    request = join_of("m");
    request.subscribed_topic_regex = "a[";
    EXPECT_EQ(send(request).error_code, ErrorCode::invalid_regular_expression);
    EXPECT_EQ(beat("m", -3).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(beat("m", 1).error_code, ErrorCode::unknown_member_id);
}

TEST_F(ConsumerGroupTest, G08_nobody_gets_a_partition_before_its_owner_has_given_it_up) {
    EXPECT_EQ(assigned(join("m1")), "0,1,2,3");
    EXPECT_EQ(assigned(join("m2")), "none");
    EXPECT_EQ(assigned(beat("m1", 2)), "0,1");
    EXPECT_EQ(assigned(beat("m2", 3)), "-");
    EXPECT_EQ(assigned(beat_owning("m1", 2, {0, 1, 2})), "-");
    EXPECT_EQ(assigned(beat("m2", 3)), "-");
    EXPECT_EQ(beat_owning("m1", 2, {0, 1}).member_epoch, 3);
    EXPECT_EQ(assigned(beat("m2", 3)), "2,3");
    EXPECT_EQ(describe().group_state.view(), "Stable");
}

TEST_F(ConsumerGroupTest, G08_who_does_not_give_up_in_time_is_out) {
    join("m1");
    join("m2");
    EXPECT_EQ(assigned(beat("m1", 2)), "0,1");
    for (int i = 0; i < 2; ++i) {
        rig.pass(4'500);
        EXPECT_EQ(beat("m1", 2).error_code, ErrorCode::none);
        EXPECT_EQ(assigned(beat("m2", 3)), "-");
    }
    rig.pass(2'000);
    EXPECT_EQ(beat("m1", 2).error_code, ErrorCode::unknown_member_id);
    EXPECT_EQ(assigned(beat("m2", 3)), "0,1,2,3");
}

TEST_F(ConsumerGroupTest, G09_a_lost_answer_is_asked_for_again) {
    join("m1");
    join("m2");
    beat("m1", 2);
    EXPECT_EQ(beat_owning("m1", 2, {0, 1}).member_epoch, 3);
    // The answer with epoch 3 was lost: the same is asked again, owning no more than is its.
    EXPECT_EQ(beat_owning("m1", 2, {0, 1}).member_epoch, 3);
    EXPECT_EQ(beat_owning("m1", 2, {0, 3}).error_code, ErrorCode::fenced_member_epoch);
    EXPECT_EQ(beat("m1", 2).error_code, ErrorCode::fenced_member_epoch);
    EXPECT_EQ(beat("m1", 9).error_code, ErrorCode::fenced_member_epoch);
}

TEST_F(ConsumerGroupTest, G10_the_epoch_moves_only_when_something_changed) {
    join("m1");
    for (int i = 0; i < 20; ++i) {
        auto request = beat_of("m1", 2);
        request.rebalance_timeout_ms = 10'000;
        request.subscribed_topic_names.emplace().push_back("t");
        request.topic_partitions.emplace();
        EXPECT_EQ(send(request).member_epoch, 2);
    }
    EXPECT_EQ(describe().group_epoch, 2);
    rig.create_topic("other", 1);
    EXPECT_EQ(beat("m1", 2).member_epoch, 2);
    rig.delete_topic("t");
    EXPECT_EQ(assigned(beat("m1", 2)), "none");
    EXPECT_EQ(describe().group_epoch, 3);
}

TEST_F(ConsumerGroupTest, G10_regular_expressions_follow_the_topics) {
    auto request = join_of("m1");
    request.subscribed_topic_names.reset();
    request.subscribed_topic_regex = "t|log-.*";
    EXPECT_EQ(assigned(send(request)), "0,1,2,3");
    EXPECT_EQ(assigned(beat("m1", 2)), "-");
    rig.create_topic("log-1", 1);
    rig.create_topic("a-log-1", 1);
    const auto told = beat("m1", 2);
    EXPECT_EQ(told.member_epoch, 3);
    EXPECT_EQ(told.assignment->topic_partitions.size(), 2u);
}

TEST_F(ConsumerGroupTest, G06_a_static_member_comes_back_to_what_it_had) {
    auto request = join_of("m1");
    request.instance_id = "i";
    EXPECT_EQ(assigned(send(request)), "0,1,2,3");
    auto second = join_of("m2");
    second.instance_id = "i";
    EXPECT_EQ(send(second).error_code, ErrorCode::unreleased_instance_id);
    auto away = beat_of("m1", -2);
    away.instance_id = "i";
    EXPECT_EQ(send(away).member_epoch, -2);
    const auto back = send(second);
    EXPECT_EQ(back.member_epoch, 2) << "no rebalance";
    EXPECT_EQ(assigned(back), "0,1,2,3");
    auto old = beat_of("m1", 2);
    old.instance_id = "i";
    EXPECT_EQ(send(old).error_code, ErrorCode::fenced_instance_id);
}

TEST_F(ConsumerGroupTest, G13_everything_is_there_after_a_restart) {
    join("m1");
    join("m2");
    beat("m1", 2);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(describe().group_state.view(), "Reconciling");
    EXPECT_EQ(beat_owning("m1", 2, {0, 1}).member_epoch, 3);
    EXPECT_EQ(assigned(beat("m2", 3)), "2,3");
}

TEST_F(ConsumerGroupTest, G18_sessions_end_and_begin_anew_after_a_restart) {
    join("m1");
    rig.pass(40'000);
    rig.restart();
    rig.pass(40'000);
    EXPECT_EQ(beat("m1", 2).error_code, ErrorCode::none);
    rig.pass(46'000);
    EXPECT_EQ(beat("m1", 2).error_code, ErrorCode::unknown_member_id);
    EXPECT_EQ(describe().group_state.view(), "Empty");
}

TEST_F(ConsumerGroupTest, G21_commits_carry_the_members_epoch) {
    EXPECT_EQ(commit("", -1, 0), ErrorCode::none);
    join("m1");
    EXPECT_EQ(commit("", -1, 0), ErrorCode::unknown_member_id);
    EXPECT_EQ(commit("m1", 2, 0), ErrorCode::none);
    EXPECT_EQ(commit("m1", 2, 0, 8), ErrorCode::unsupported_version);
    EXPECT_EQ(commit("m1", 3, 0), ErrorCode::stale_member_epoch);
    EXPECT_EQ(commit("m1", 1, 0), ErrorCode::stale_member_epoch);
    join("m2");
    beat("m1", 2);
    EXPECT_EQ(beat_owning("m1", 2, {0, 1}).member_epoch, 3);
    EXPECT_EQ(commit("m1", 2, 1), ErrorCode::none) << "it has had the partition since epoch 2";
    EXPECT_EQ(commit("m1", 2, 2), ErrorCode::stale_member_epoch) << "not its any more";
}

TEST_F(ConsumerGroupTest, G11_a_classic_group_is_upgraded_with_its_members_in_it) {
    const std::string old = classic_join("", {}).member_id.str();
    EXPECT_EQ(classic_sync(old, 1, assignment_of({0, 1, 2, 3})), "0,1,2,3");
    EXPECT_EQ(classic_heartbeat(old, 1), ErrorCode::none);
    const auto joined = join("new");
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(assigned(joined), "none");
    EXPECT_EQ(describe().members.size(), 2u);
    // The old one is sent to join again, and gives up half.
    EXPECT_EQ(classic_heartbeat(old, 1), ErrorCode::rebalance_in_progress);
    EXPECT_EQ(classic_join(old, {0, 1, 2, 3}).generation_id, 1);
    const std::string left = classic_sync(old, 1);
    EXPECT_EQ(left.size(), 3u) << left;
    EXPECT_EQ(classic_heartbeat(old, 1), ErrorCode::rebalance_in_progress);
    const int first = left[0] - '0', second = left[2] - '0';
    EXPECT_EQ(classic_join(old, {first, second}).generation_id, 2);
    EXPECT_EQ(classic_sync(old, 2), left);
    EXPECT_EQ(classic_heartbeat(old, 2), ErrorCode::none);
    EXPECT_EQ(assigned(beat("new", 2)).size(), 3u);
    EXPECT_EQ(describe().group_state.view(), "Stable");
}

TEST_F(ConsumerGroupTest, G11_a_group_is_downgraded_when_the_last_new_member_leaves) {
    const std::string old = classic_join("", {}).member_id.str();
    classic_sync(old, 1, assignment_of({0, 1, 2, 3}));
    join("new");
    EXPECT_EQ(beat("new", -1).error_code, ErrorCode::none);
    EXPECT_EQ(describe().error_code, ErrorCode::group_id_not_found);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(describe().error_code, ErrorCode::group_id_not_found);
    const auto joined = classic_join(old, {0, 1, 2, 3});
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(joined.leader.view(), old);
    EXPECT_EQ(classic_sync(old, joined.generation_id, assignment_of({0, 1, 2, 3})), "0,1,2,3");
}

TEST_F(ConsumerGroupTest, G11_members_of_both_protocols_leave_as_they_came) {
    const std::string old = classic_join("", {}).member_id.str();
    classic_sync(old, 1, assignment_of({0, 1, 2, 3}));
    join("new");
    EXPECT_EQ(classic_leave("stranger"), ErrorCode::unknown_member_id);
    EXPECT_EQ(classic_leave(old), ErrorCode::none);
    EXPECT_EQ(describe().members.size(), 1u);
    EXPECT_EQ(assigned(beat("new", 2)), "0,1,2,3");
    // An administrator may remove whoever it is.
    EXPECT_EQ(classic_leave("new"), ErrorCode::none);
    EXPECT_EQ(describe().group_state.view(), "Empty");
}

TEST_F(ConsumerGroupTest, G11_an_empty_group_is_what_its_first_member_is) {
    const std::string old = classic_join("", {}).member_id.str();
    EXPECT_EQ(classic_leave(old), ErrorCode::none);
    EXPECT_EQ(assigned(join("new")), "0,1,2,3");
    EXPECT_EQ(beat("new", -1).error_code, ErrorCode::none);
    EXPECT_EQ(classic_join("", {}).generation_id, 1);
    EXPECT_EQ(describe().error_code, ErrorCode::group_id_not_found);
}

TEST_F(ConsumerGroupTest, is_refused_where_its_protocol_is_switched_off) {
    rig.config.group_consumer_protocol = false;
    EXPECT_EQ(join("a").error_code, ErrorCode::unsupported_version);
    const auto told = describe();
    EXPECT_EQ(told.error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(told.group_id.str(), "g");
}

TEST_F(ConsumerGroupTest, G19_a_full_group_takes_nobody_more) {
    rig.stop();
    rig.config.group_consumer_max_size = 2;
    rig.start();
    rig.pass(100);
    join("m1");
    join("m2");
    EXPECT_EQ(join("m3").error_code, ErrorCode::group_max_size_reached);
    EXPECT_EQ(join("m2").error_code, ErrorCode::none);
}

}  // namespace
}  // namespace barnabas::broker
