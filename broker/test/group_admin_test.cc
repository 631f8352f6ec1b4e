// SPDX-License-Identifier: Apache-2.0
// Listing, describing and deleting groups, deleting offsets, and what expires: requests to a
// coordinator over real logs, in virtual time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr int64_t minute_ms = 60'000;
constexpr int64_t day_ms = 24 * 60 * minute_ms;

// What few commits carry.
struct Extras {
    int64_t retention_ms = -1;
    std::string metadata{};
};

struct GroupAdminTest : testing::Test {
    void SetUp() override {
        rig.start();
        rig.create_topic("t", 2);
        rig.create_topic("u", 1);
        rig.create_topic("__consumer_offsets", 3, {{"cleanup.policy", "compact"}});
        rig.pass(10);
    }

    // A consumer that wants topic "t"; gives its member id.
    std::string join(const std::string& group, const std::string& type = "consumer",
                     const std::string& member = "") {
        protocol::JoinGroupRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        request.session_timeout_ms = 1'800'000;
        request.rebalance_timeout_ms = 60'000;
        request.protocol_type = Text(type);
        protocol::ConsumerProtocolSubscription wants;
        wants.topics.push_back("t");
        auto& protocol = request.protocols.emplace_back();
        protocol.name = "range";
        protocol.metadata = Blob(protocol::encode_consumer_protocol(wants, 0));
        return rig.call(handle_join_group, std::move(request), 3).member_id.str();
    }
    void sync(const std::string& group, const std::string& member, int32_t generation = 1) {
        protocol::SyncGroupRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        request.generation_id = generation;
        auto& assignment = request.assignments.emplace_back();
        assignment.member_id = Text(member);
        assignment.assignment = Blob(std::vector<uint8_t>{7});
        EXPECT_EQ(rig.call(handle_sync_group, std::move(request), 3).error_code, ErrorCode::none);
    }
    std::string settle(const std::string& group, const std::string& type = "consumer") {
        const std::string member = join(group, type);
        sync(group, member);
        return member;
    }
    void leave(const std::string& group, const std::string& member) {
        protocol::LeaveGroupRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        EXPECT_EQ(rig.call(handle_leave_group, std::move(request), 2).error_code, ErrorCode::none);
    }
    ErrorCode heartbeat(const std::string& group, const std::string& member,
                        int32_t generation = 1) {
        protocol::HeartbeatRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        request.generation_id = generation;
        return rig.call(handle_heartbeat, std::move(request), 3).error_code;
    }
    ErrorCode commit(const std::string& group, const std::string& topic, int64_t offset,
                     const std::string& member = "", int32_t generation = -1,
                     const Extras& extras = {}) {
        protocol::OffsetCommitRequest request;
        request.group_id = Text(group);
        request.member_id = Text(member);
        request.generation_id_or_member_epoch = generation;
        request.retention_time_ms = extras.retention_ms;
        auto& asked = request.topics.emplace_back();
        asked.name = Text(topic);
        auto& partition = asked.partitions.emplace_back();
        partition.partition_index = PartitionIndex{0};
        partition.committed_offset = Offset{offset};
        partition.committed_metadata = Text(extras.metadata);
        const auto response = rig.call(handle_offset_commit, std::move(request), 4);
        return response.topics.at(0).partitions.at(0).error_code;
    }
    int64_t committed(const std::string& group, const std::string& topic) {
        protocol::OffsetFetchRequest request;
        auto& asked = request.groups.emplace_back();
        asked.group_id = Text(group);
        auto& about = asked.topics.emplace().emplace_back();
        about.name = Text(topic);
        about.partition_indexes = {PartitionIndex{0}};
        const auto response = rig.call(handle_offset_fetch, std::move(request), 8);
        EXPECT_EQ(response.groups.at(0).error_code, ErrorCode::none);
        return response.groups.at(0).topics.at(0).partitions.at(0).committed_offset.value;
    }
    // "group protocol state type", one for each group.
    std::vector<std::string> list(std::vector<Text> states = {}, std::vector<Text> types = {}) {
        protocol::ListGroupsRequest request;
        request.states_filter = std::move(states);
        request.types_filter = std::move(types);
        const auto response = rig.call(handle_list_groups, std::move(request), 5);
        EXPECT_EQ(response.error_code, ErrorCode::none);
        std::vector<std::string> lines;
        for (const auto& group : response.groups)
            lines.push_back(fmt::format("{} {} {} {}", group.group_id.view(),
                                        group.protocol_type.view(), group.group_state.view(),
                                        group.group_type.view()));
        return lines;
    }
    protocol::DescribeGroupsResponse::DescribedGroup describe_one(const std::string& group,
                                                                  int16_t version = 6) {
        protocol::DescribeGroupsRequest request;
        request.groups.push_back(Text(group));
        request.include_authorized_operations = version >= 3;
        return rig.call(handle_describe_groups, std::move(request), version).groups.at(0);
    }
    ErrorCode remove(const std::string& group) {
        protocol::DeleteGroupsRequest request;
        request.groups_names.push_back(Text(group));
        const auto response = rig.call(handle_delete_groups, std::move(request), 2);
        EXPECT_EQ(response.results.size(), 1u);
        return response.results.at(0).error_code;
    }
    // The group's error, or that of partition 0 of the topic.
    ErrorCode remove_offset(const std::string& group, const std::string& topic) {
        protocol::OffsetDeleteRequest request;
        request.group_id = Text(group);
        auto& asked = request.topics.emplace_back();
        asked.name = Text(topic);
        asked.partitions.emplace_back().partition_index = PartitionIndex{0};
        const auto response = rig.call(handle_offset_delete, std::move(request), 0);
        if (response.error_code != ErrorCode::none) return response.error_code;
        return response.topics.at(0).partitions.at(0).error_code;
    }
    // Lets time pass; the member speaks up often enough.
    void stay(const std::string& group, const std::string& member, int64_t ms) {
        for (int64_t passed = 0; passed < ms; passed += 20 * minute_ms) {
            rig.pass(20 * minute_ms);
            ASSERT_EQ(heartbeat(group, member), ErrorCode::none);
        }
    }

    BrokerRig rig;
};

TEST_F(GroupAdminTest, groups_are_listed_by_state_and_type) {
    EXPECT_TRUE(list().empty());
    settle("stable");
    join("joining");
    EXPECT_EQ(commit("simple", "t", 1), ErrorCode::none);
    leave("left", settle("left", "connect"));
    rig.pass(10);
    EXPECT_THAT(list(),
                UnorderedElementsAre("stable consumer Stable classic",
                                     "joining consumer CompletingRebalance classic",
                                     "simple  Empty classic", "left connect Empty classic"));
    EXPECT_THAT(list({" sTable "}), ElementsAre("stable consumer Stable classic"));
    EXPECT_EQ(list({"empty", "stable"}, {"Classic"}).size(), 3u);
    EXPECT_TRUE(list({}, {"consumer"}).empty());
    EXPECT_TRUE(list({"unheard-of"}).empty());
    EXPECT_TRUE(list({}, {"unheard-of"}).empty());
}

TEST_F(GroupAdminTest, groups_are_not_listed_while_some_are_loading) {
    settle("g");
    rig.stop();
    rig.reads_stuck_at_start = true;
    rig.start();
    const auto response = rig.call(handle_list_groups, protocol::ListGroupsRequest{}, 5);
    EXPECT_EQ(response.error_code, ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(describe_one("g").error_code, ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(remove("g"), ErrorCode::coordinator_load_in_progress);
    EXPECT_EQ(remove_offset("g", "t"), ErrorCode::coordinator_load_in_progress);
    rig.read_lane().release();
    rig.pass(100);
    EXPECT_THAT(list(), ElementsAre("g consumer Stable classic"));
}

TEST_F(GroupAdminTest, members_are_described) {
    const std::string member = settle("g");
    const auto group = describe_one("g");
    EXPECT_EQ(group.error_code, ErrorCode::none);
    EXPECT_EQ(group.group_state, "Stable");
    EXPECT_EQ(group.protocol_type, "consumer");
    EXPECT_EQ(group.protocol_data, "range");
    EXPECT_EQ(group.authorized_operations, 3400);
    ASSERT_EQ(group.members.size(), 1u);
    EXPECT_EQ(group.members[0].member_id, member);
    EXPECT_EQ(group.members[0].client_id, "test");
    EXPECT_EQ(group.members[0].client_host, "/10.0.0.1");
    EXPECT_FALSE(group.members[0].member_metadata.empty());
    EXPECT_EQ(group.members[0].member_assignment, Blob(std::vector<uint8_t>{7}));
    // Before they have settled there is no protocol to tell.
    join("h");
    const auto joining = describe_one("h");
    EXPECT_EQ(joining.group_state, "CompletingRebalance");
    EXPECT_EQ(joining.protocol_data, "");
    EXPECT_TRUE(joining.members.at(0).member_metadata.empty());
    EXPECT_EQ(commit("simple", "t", 1), ErrorCode::none);
    EXPECT_EQ(describe_one("simple").group_state, "Empty");
    EXPECT_EQ(describe_one("simple", 2).authorized_operations, INT32_MIN);
}

TEST_F(GroupAdminTest, groups_that_are_not_there_are_dead_or_an_error_by_version) {
    EXPECT_EQ(describe_one("nope", 5).error_code, ErrorCode::none);
    EXPECT_EQ(describe_one("nope", 5).group_state, "Dead");
    EXPECT_EQ(describe_one("nope", 5).authorized_operations, 3400);
    const auto missing = describe_one("nope", 6);
    EXPECT_EQ(missing.error_code, ErrorCode::group_id_not_found);
    EXPECT_EQ(missing.error_message->view(), "Group nope not found.");
    EXPECT_EQ(missing.group_state, "Dead");
    EXPECT_EQ(missing.authorized_operations, INT32_MIN);
}

TEST_F(GroupAdminTest, G20_only_groups_without_members_are_deleted) {
    EXPECT_EQ(remove("nope"), ErrorCode::group_id_not_found);
    const std::string member = settle("g");
    EXPECT_EQ(commit("g", "t", 7, member, 1), ErrorCode::none);
    EXPECT_EQ(remove("g"), ErrorCode::non_empty_group);
    EXPECT_EQ(heartbeat("g", member), ErrorCode::none);
    leave("g", member);
    EXPECT_EQ(remove("g"), ErrorCode::none);
    EXPECT_EQ(remove("g"), ErrorCode::group_id_not_found);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_EQ(commit("simple", "t", 7), ErrorCode::none);
    EXPECT_EQ(remove("simple"), ErrorCode::none);
    EXPECT_TRUE(list().empty());
    rig.restart();
    rig.pass(100);
    EXPECT_TRUE(list().empty());
    EXPECT_EQ(committed("g", "t"), -1);
    // The name begins anew.
    EXPECT_FALSE(join("g").empty());
}

TEST_F(GroupAdminTest, G20_a_commit_on_its_way_goes_with_its_group) {
    EXPECT_EQ(commit("g", "t", 1), ErrorCode::none);
    rig.write_lane().stuck();
    protocol::OffsetCommitRequest late;
    late.group_id = "g";
    late.generation_id_or_member_epoch = -1;
    auto& topic = late.topics.emplace_back();
    topic.name = "u";
    topic.partitions.emplace_back().committed_offset = Offset{5};
    const auto committing = rig.begin(handle_offset_commit, std::move(late), 8);
    protocol::DeleteGroupsRequest request;
    request.groups_names.push_back("g");
    const auto removing = rig.begin(handle_delete_groups, std::move(request), 2);
    EXPECT_FALSE(removing->has_value());
    rig.write_lane().release();
    rig.pass(100);
    ASSERT_TRUE(removing->has_value() && committing->has_value());
    EXPECT_EQ((*removing)->results.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(committed("g", "u"), -1);
    EXPECT_TRUE(list().empty());
}

TEST_F(GroupAdminTest, G20_offsets_of_topics_that_members_want_are_not_deleted) {
    EXPECT_EQ(remove_offset("nope", "t"), ErrorCode::group_id_not_found);
    EXPECT_EQ(remove_offset("", "t"), ErrorCode::invalid_group_id);
    const std::string member = settle("g");
    EXPECT_EQ(commit("g", "t", 7, member, 1), ErrorCode::none);
    EXPECT_EQ(commit("g", "u", 8, member, 1), ErrorCode::none);
    EXPECT_EQ(remove_offset("g", "t"), ErrorCode::group_subscribed_to_topic);
    EXPECT_EQ(remove_offset("g", "u"), ErrorCode::none);
    EXPECT_EQ(committed("g", "t"), 7);
    EXPECT_EQ(committed("g", "u"), -1);
    leave("g", member);
    EXPECT_EQ(remove_offset("g", "t"), ErrorCode::none);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_EQ(remove_offset("g", "unknown"), ErrorCode::unknown_topic_or_partition);
    // Nobody knows what the members of other types want.
    settle("workers", "connect");
    EXPECT_EQ(remove_offset("workers", "t"), ErrorCode::non_empty_group);
}

TEST_F(GroupAdminTest, G15_offsets_of_an_empty_group_expire_after_it_became_empty) {
    const std::string member = settle("g");
    EXPECT_EQ(commit("g", "t", 7, member, 1), ErrorCode::none);
    // It is used for longer than offsets are kept, without a commit.
    stay("g", member, 8 * day_ms);
    EXPECT_EQ(committed("g", "t"), 7);
    leave("g", member);
    rig.pass(7 * day_ms - 20 * minute_ms);
    EXPECT_EQ(committed("g", "t"), 7);
    EXPECT_EQ(list().size(), 1u);
    rig.pass(40 * minute_ms);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_TRUE(list().empty());
    rig.restart();
    rig.pass(100);
    EXPECT_TRUE(list().empty());
}

TEST_F(GroupAdminTest, G15_offsets_of_topics_that_nobody_wants_expire_in_a_living_group) {
    const std::string member = settle("g");
    EXPECT_EQ(commit("g", "t", 7, member, 1), ErrorCode::none);
    EXPECT_EQ(commit("g", "u", 8, member, 1), ErrorCode::none);
    stay("g", member, 6 * day_ms);
    EXPECT_EQ(committed("g", "u"), 8);
    stay("g", member, 2 * day_ms);
    EXPECT_EQ(committed("g", "t"), 7);
    EXPECT_EQ(committed("g", "u"), -1);
}

TEST_F(GroupAdminTest, G15_simple_groups_keep_offsets_from_the_commit_on) {
    EXPECT_EQ(commit("g", "t", 7), ErrorCode::none);
    EXPECT_EQ(commit("g", "u", 8), ErrorCode::none);
    // What a client of OffsetCommit v2-4 asks for counts instead.
    EXPECT_EQ(commit("short", "t", 9, "", -1, {.retention_ms = 3'600'000}), ErrorCode::none);
    rig.pass(2 * 3'600'000);
    EXPECT_EQ(committed("short", "t"), -1);
    rig.pass(6 * day_ms);
    EXPECT_EQ(commit("g", "t", 10), ErrorCode::none);
    rig.pass(2 * day_ms);
    EXPECT_EQ(committed("g", "t"), 10);
    EXPECT_EQ(committed("g", "u"), -1);
    rig.pass(6 * day_ms);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_TRUE(list().empty());
}

TEST_F(GroupAdminTest, G15_an_empty_group_without_offsets_is_forgotten) {
    leave("g", settle("g"));
    rig.pass(1);
    EXPECT_THAT(list(), ElementsAre("g consumer Empty classic"));
    rig.pass(11 * minute_ms);
    EXPECT_TRUE(list().empty());
}

TEST_F(GroupAdminTest, G16_offsets_go_with_their_topic) {
    EXPECT_EQ(commit("g", "t", 7), ErrorCode::none);
    EXPECT_EQ(commit("g", "u", 8), ErrorCode::none);
    rig.delete_topic("t");
    rig.pass(100);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_EQ(committed("g", "u"), 8);
    // What the log says now is the same.
    rig.create_topic("t", 2);
    rig.restart();
    rig.pass(100);
    EXPECT_EQ(committed("g", "t"), -1);
    EXPECT_EQ(committed("g", "u"), 8);
}

TEST_F(GroupAdminTest, G16_a_topic_deleted_while_the_coordinator_was_away_takes_its_offsets_along) {
    EXPECT_EQ(commit("g", "t", 7), ErrorCode::none);
    rig.move_leader("__consumer_offsets", BrokerId{2});
    rig.delete_topic("t");
    rig.pass(100);
    rig.move_leader("__consumer_offsets", BrokerId{1});
    rig.pass(100);
    EXPECT_EQ(committed("g", "t"), -1);
    rig.restart();
    rig.pass(100);
    // Its only offset is gone: the group is, too.
    EXPECT_TRUE(list().empty());
}

TEST_F(GroupAdminTest, G19_metadata_is_limited_in_javas_characters) {
    std::string accented, clefs;
    for (int i = 0; i < 4096; ++i) accented += "\xc3\xa9";       // one unit each
    for (int i = 0; i < 2048; ++i) clefs += "\xf0\x9d\x84\x9e";  // two units each
    EXPECT_EQ(commit("g", "t", 1, "", -1, {.metadata = accented}), ErrorCode::none);
    EXPECT_EQ(commit("g", "t", 2, "", -1, {.metadata = clefs}), ErrorCode::none);
    EXPECT_EQ(commit("g", "t", 3, "", -1, {.metadata = accented + "x"}),
              ErrorCode::offset_metadata_too_large);
    EXPECT_EQ(commit("g", "t", 3, "", -1, {.metadata = clefs + "x"}),
              ErrorCode::offset_metadata_too_large);
    EXPECT_EQ(committed("g", "t"), 2);
}

TEST_F(GroupAdminTest, G19_a_group_has_at_most_so_many_members) {
    rig.stop();
    rig.config.group_max_size = 1;
    rig.start();
    rig.pass(100);
    EXPECT_FALSE(join("g").empty());
    protocol::JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = 10'000;
    request.protocol_type = "consumer";
    request.protocols.emplace_back().name = "range";
    EXPECT_EQ(rig.call(handle_join_group, std::move(request), 3).error_code,
              ErrorCode::group_max_size_reached);
}

TEST_F(GroupAdminTest, commits_into_groups_that_are_not_there_are_refused_by_version) {
    protocol::OffsetCommitRequest request;
    request.group_id = "nope";
    request.generation_id_or_member_epoch = 3;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back();
    const auto answer = [&](int16_t version) {
        return rig.call(handle_offset_commit, request, version)
            .topics.at(0)
            .partitions.at(0)
            .error_code;
    };
    EXPECT_EQ(answer(8), ErrorCode::illegal_generation);
    EXPECT_EQ(answer(9), ErrorCode::group_id_not_found);
    // A group that has offsets has no members.
    EXPECT_EQ(commit("nope", "t", 1), ErrorCode::none);
    EXPECT_EQ(answer(9), ErrorCode::unknown_member_id);
}

}  // namespace
}  // namespace barnabas::broker
