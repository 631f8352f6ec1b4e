// SPDX-License-Identifier: Apache-2.0
// FindCoordinator in all its versions. Expected answers were taken from Apache Kafka 4.3, except
// that the first one waits for the topic it needs.
#include "protocol/messages/find_coordinator.h"

#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"

namespace barnabas::broker {
namespace {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

class FindCoordinatorTest : public testing::Test {
  protected:
    FindCoordinatorTest() { rig_.start(); }

    FindCoordinatorResponse find(int16_t version, const char* key, int8_t type = 0) {
        FindCoordinatorRequest request;
        request.key = Text(key);
        request.key_type = type;
        return rig_.call(handle_find_coordinator, std::move(request), version);
    }
    FindCoordinatorResponse find_all(std::vector<const char*> keys, int8_t type = 0) {
        FindCoordinatorRequest request;
        for (const char* key : keys) request.coordinator_keys.emplace_back(Text(key));
        request.key_type = type;
        return rig_.call(handle_find_coordinator, std::move(request), 6);
    }

    BrokerRig rig_;
};

TEST_F(FindCoordinatorTest, the_first_call_makes_the_topic_and_succeeds) {
    for (int16_t version = 0; version <= 3; ++version) {
        const auto found = find(version, "g");
        EXPECT_EQ(found.error_code, ErrorCode::none);
        EXPECT_EQ(*found.error_message, "NONE");
        EXPECT_EQ(found.node_id, BrokerId{1});
        EXPECT_EQ(found.host, "public1");
        EXPECT_EQ(found.port, 9093);
    }
    ASSERT_EQ(rig_.cluster.created.size(), 1u);
    EXPECT_EQ(rig_.cluster.created[0].topics[0].name, "__consumer_offsets");
    EXPECT_EQ(rig_.cluster.created[0].topics[0].num_partitions,
              rig_.config.offsets_topic_partitions);
}

TEST_F(FindCoordinatorTest, several_groups_at_once) {
    const auto found = find_all({"a", "b", "", "a"});
    ASSERT_EQ(found.coordinators.size(), 4u);
    for (const auto& coordinator : found.coordinators) {
        EXPECT_EQ(coordinator.error_code, ErrorCode::none);
        EXPECT_EQ(*coordinator.error_message, "");
        EXPECT_EQ(coordinator.node_id, BrokerId{1});
    }
    EXPECT_EQ(found.coordinators[1].key, "b");
    EXPECT_TRUE(find_all({}).coordinators.empty());
}

TEST_F(FindCoordinatorTest, without_the_topic_it_is_not_available) {
    rig_.cluster.creation_error = ErrorCode::invalid_replication_factor;
    const auto one = find(3, "g");
    EXPECT_EQ(one.error_code, ErrorCode::coordinator_not_available);
    EXPECT_EQ(*one.error_message, "The coordinator is not available.");
    EXPECT_EQ(one.node_id, broker_id_none);
    EXPECT_EQ(one.port, -1);
    const auto batched = find_all({"g"});
    EXPECT_EQ(batched.coordinators.at(0).error_code, ErrorCode::coordinator_not_available);
    EXPECT_EQ(*batched.coordinators.at(0).error_message, "");
}

TEST_F(FindCoordinatorTest, C2_the_address_is_that_of_the_listener) {
    rig_.listener.name = "INTERNAL";
    EXPECT_EQ(find(3, "g").host, "private1");
    rig_.listener.name = "NOWHERE";
    EXPECT_EQ(find(3, "g").error_code, ErrorCode::coordinator_not_available);
}

TEST_F(FindCoordinatorTest, other_kinds_of_keys) {
    const auto unknown = find_all({"x"}, 9).coordinators.at(0);
    EXPECT_EQ(unknown.error_code, ErrorCode::invalid_request);
    EXPECT_NE(*unknown.error_message, "");
    EXPECT_EQ(find(3, "x", 9).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(find_all({"g:AAAAAAAAAAAAAAAAAAAAAA:0"}, 2).coordinators.at(0).error_code,
              ErrorCode::invalid_request);
    EXPECT_TRUE(rig_.cluster.created.empty()) << "only groups and transactions need a topic";
}

}  // namespace
}  // namespace barnabas::broker
