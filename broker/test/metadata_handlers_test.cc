// SPDX-License-Identifier: Apache-2.0
// Metadata, DescribeTopicPartitions and DescribeCluster: what clients are told of topics and
// brokers. Expected answers were taken from Apache Kafka 4.3.
#include <gmock/gmock.h>

#include "broker/test/handler_fixture.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/metadata.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using testing::ElementsAre;

class MetadataTest : public HandlerFixture {
  protected:
    MetadataTest() {
        a_ = cluster_.add_topic("a", 3);
        b_ = cluster_.add_topic("b", 2);
        c_ = cluster_.add_topic("c", 1);
    }

    static MetadataRequest ask(std::vector<const char*> names) {
        MetadataRequest request;
        request.topics.emplace();
        for (const char* name : names) request.topics->emplace_back().name = Text(name);
        return request;
    }
    static MetadataRequest ask_by_id(std::vector<Uuid> ids) {
        MetadataRequest request;
        request.topics.emplace();
        for (const Uuid& id : ids) {
            auto& topic = request.topics->emplace_back();
            topic.topic_id = id;
            topic.name.reset();
        }
        return request;
    }
    // "a:0" for topic a without error.
    static std::vector<std::string> summary(const MetadataResponse& response) {
        std::vector<std::string> result;
        for (const auto& topic : response.topics)
            result.push_back((topic.name ? topic.name->str() : "-") + ":" +
                             std::to_string(static_cast<int>(topic.error_code)));
        return result;
    }
    MetadataResponse get(MetadataRequest request, int16_t version = 12) {
        return call(handle_metadata, std::move(request), version);
    }

    Uuid a_, b_, c_;
};

TEST_F(MetadataTest, tells_a_topic_its_partitions_and_the_brokers) {
    const auto response = get(ask({"a"}));
    ASSERT_EQ(response.brokers.size(), 1u);
    EXPECT_EQ(response.brokers[0].node_id, BrokerId{1});
    EXPECT_EQ(response.brokers[0].host, "public1");
    EXPECT_EQ(response.brokers[0].port, 9093);
    EXPECT_FALSE(response.brokers[0].rack.has_value());
    EXPECT_EQ(*response.cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
    EXPECT_EQ(response.controller_id, BrokerId{1});
    ASSERT_EQ(response.topics.size(), 1u);
    EXPECT_EQ(response.topics[0].topic_id, a_);
    ASSERT_EQ(response.topics[0].partitions.size(), 3u);
    const auto& last = response.topics[0].partitions[2];
    EXPECT_EQ(last.partition_index, PartitionIndex{2});
    EXPECT_EQ(last.leader_id, BrokerId{1});
    EXPECT_EQ(last.leader_epoch, LeaderEpoch{3});
    EXPECT_THAT(last.replica_nodes, ElementsAre(BrokerId{1}));
    EXPECT_THAT(last.isr_nodes, ElementsAre(BrokerId{1}));
    EXPECT_TRUE(last.offline_replicas.empty());
}

TEST_F(MetadataTest, all_topics_or_none) {
    EXPECT_THAT(summary(get(ask({}), 0)), ElementsAre("a:0", "b:0", "c:0"));
    EXPECT_TRUE(summary(get(ask({}), 1)).empty());
    MetadataRequest all;
    all.topics.reset();
    EXPECT_THAT(summary(get(all, 1)), ElementsAre("a:0", "b:0", "c:0"));
    EXPECT_TRUE(cluster_.created.empty());
}

TEST_F(MetadataTest, known_topics_come_first_and_each_once) {
    auto request = ask({"c", "zz", "bad name!", "a", "", "a", "zz"});
    request.allow_auto_topic_creation = false;
    EXPECT_THAT(summary(get(request)), ElementsAre("c:0", "a:0", "zz:3", "bad name!:17", ":17"));
}

TEST_F(MetadataTest, by_id_unknown_ones_first) {
    Uuid unknown;
    unknown.bytes[15] = 99;
    const auto response = get(ask_by_id({c_, unknown, a_, c_}));
    EXPECT_THAT(summary(response), ElementsAre("-:100", "c:0", "a:0"));
    EXPECT_EQ(response.topics[0].topic_id, unknown);
    // Names beside ids are not looked at.
    auto mixed = ask_by_id({c_});
    mixed.topics->emplace_back().name = Text("new");
    EXPECT_THAT(summary(get(mixed)), ElementsAre("c:0"));
    EXPECT_TRUE(cluster_.created.empty());
}

TEST_F(MetadataTest, ids_before_v12_and_topics_without_any_name_are_refused) {
    auto too_early = ask_by_id({c_});
    too_early.topics->front().name = Text("");
    const auto refused = get(too_early, 10);
    EXPECT_THAT(summary(refused), ElementsAre(":42"));
    EXPECT_TRUE(refused.brokers.empty());
    EXPECT_FALSE(refused.cluster_id.has_value());
    EXPECT_EQ(refused.controller_id, broker_id_none);
    EXPECT_THAT(summary(get(ask_by_id({Uuid{}}), 12)), ElementsAre(":42"));
}

TEST_F(MetadataTest, a_missing_topic_is_created_and_can_be_used_at_once) {
    config_.num_partitions = 4;
    const auto response = get(ask({"new", "a"}));
    EXPECT_THAT(summary(response), ElementsAre("new:0", "a:0"));
    EXPECT_EQ(response.topics[0].partitions.size(), 4u);
    ASSERT_EQ(cluster_.created.size(), 1u);
    EXPECT_EQ(cluster_.created[0].topics.size(), 1u);
    EXPECT_FALSE(cluster_.created[0].validate_only);
    EXPECT_EQ(cluster_.created[0].topics[0].replication_factor, 1);
}

TEST_F(MetadataTest, nothing_is_created_unless_client_and_broker_allow_it) {
    auto request = ask({"new"});
    request.allow_auto_topic_creation = false;
    EXPECT_THAT(summary(get(request)), ElementsAre("new:3"));
    config_.auto_create_topics = false;
    EXPECT_THAT(summary(get(ask({"new"}))), ElementsAre("new:3"));
    EXPECT_THAT(summary(get(ask({"new"}), 3)), ElementsAre("new:3"));
    EXPECT_TRUE(cluster_.created.empty());
}

TEST_F(MetadataTest, A08_invalid_names_are_never_created) {
    EXPECT_THAT(summary(get(ask({"..", "bad name!", "x/y"}))),
                ElementsAre("..:17", "bad name!:17", "x/y:17"));
    EXPECT_TRUE(cluster_.created.empty());
}

TEST_F(MetadataTest, a_creation_that_fails_leaves_the_topic_unknown) {
    cluster_.creation_error = ErrorCode::invalid_replication_factor;
    EXPECT_THAT(summary(get(ask({"new"}))), ElementsAre("new:3"));
}

TEST_F(MetadataTest, internal_topics_are_marked_and_made_with_their_own_settings) {
    config_.offsets_topic_partitions = 7;
    const auto response = get(ask({"__consumer_offsets"}));
    EXPECT_TRUE(response.topics[0].is_internal);
    EXPECT_EQ(response.topics[0].partitions.size(), 7u);
    const auto& configs = cluster_.created[0].topics[0].configs;
    ASSERT_EQ(configs.size(), 3u);
    EXPECT_EQ(configs[0].name, "cleanup.policy");
    EXPECT_EQ(*configs[0].value, "compact");
}

TEST_F(MetadataTest, C2_addresses_are_those_of_the_listener_that_was_used) {
    listener_.name = "INTERNAL";
    EXPECT_EQ(get(ask({"a"})).brokers[0].host, "private1");
    listener_.name = "NOWHERE";
    const auto response = get(ask({"a"}));
    EXPECT_TRUE(response.brokers.empty());
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::listener_not_found);
    EXPECT_EQ(response.topics[0].partitions[0].leader_id, broker_id_none);
    const auto old = get(ask({"a"}), 5);
    EXPECT_EQ(old.topics[0].partitions[0].error_code, ErrorCode::leader_not_available);
}

TEST_F(MetadataTest, brokers_that_are_fenced_are_offline) {
    cluster_.add_broker(1, true);
    const auto response = get(ask({"a"}));
    EXPECT_TRUE(response.brokers.empty());
    const auto& partition = response.topics[0].partitions[0];
    EXPECT_EQ(partition.error_code, ErrorCode::leader_not_available);
    EXPECT_EQ(partition.leader_id, broker_id_none);
    EXPECT_THAT(partition.offline_replicas, ElementsAre(BrokerId{1}));
}

TEST_F(MetadataTest, authorized_operations_are_told_when_asked_for) {
    constexpr int32_t not_asked = INT32_MIN;
    const auto plain = get(ask({"a"}), 9);
    EXPECT_EQ(plain.cluster_authorized_operations, not_asked);
    EXPECT_EQ(plain.topics[0].topic_authorized_operations, not_asked);
    auto request = ask({"a"});
    request.include_cluster_authorized_operations = true;
    request.include_topic_authorized_operations = true;
    const auto full = get(request, 9);
    EXPECT_EQ(full.cluster_authorized_operations, 8096);
    EXPECT_EQ(full.topics[0].topic_authorized_operations, 3576);
}

class DescribeTopicsTest : public MetadataTest {
  protected:
    // "a:0[0,1]" for topic a, partitions 0 and 1; then "next b/1".
    std::vector<std::string> page(std::vector<const char*> names, int32_t limit,
                                  const char* cursor_topic = nullptr, int32_t cursor_index = 0) {
        DescribeTopicPartitionsRequest request;
        for (const char* name : names) request.topics.emplace_back().name = Text(name);
        request.response_partition_limit = limit;
        if (cursor_topic) {
            auto& cursor = request.cursor.emplace();
            cursor.topic_name = Text(cursor_topic);
            cursor.partition_index = PartitionIndex{cursor_index};
        }
        const auto response = call(handle_describe_topic_partitions, std::move(request), 0);
        std::vector<std::string> result;
        for (const auto& topic : response.topics) {
            std::string line =
                topic.name->str() + ":" + std::to_string(static_cast<int>(topic.error_code)) + "[";
            for (const auto& partition : topic.partitions)
                line += std::to_string(partition.partition_index.value);
            result.push_back(line + "]");
        }
        if (response.next_cursor)
            result.push_back("next " + response.next_cursor->topic_name.str() + "/" +
                             std::to_string(response.next_cursor->partition_index.value));
        return result;
    }
};

TEST_F(DescribeTopicsTest, pages_are_as_kafka_cuts_them) {
    const std::vector<const char*> names{"b", "a", "nope", "aa"};
    EXPECT_THAT(page(names, 2000), ElementsAre("a:0[012]", "aa:3[]", "b:0[01]", "nope:3[]"));
    EXPECT_THAT(page(names, 3), ElementsAre("a:0[012]", "next aa/0"));
    EXPECT_THAT(page(names, 4), ElementsAre("a:0[012]", "aa:3[]", "b:0[0]", "next b/1"));
    EXPECT_THAT(page(names, 2000, "a", 2), ElementsAre("a:0[2]", "aa:3[]", "b:0[01]", "nope:3[]"));
    EXPECT_THAT(page({"b", "a"}, 2000, "a", 9), ElementsAre("a:0[]", "b:0[01]"));
    EXPECT_THAT(page({"b", "a"}, 0), ElementsAre("a:0[0]", "next a/1"));
    EXPECT_THAT(page({"b", "a"}, -5), ElementsAre("a:0[0]", "next a/1"));
    EXPECT_THAT(page({"a", "a"}, 5), ElementsAre("a:0[012]"));
    EXPECT_THAT(page({}, 4), ElementsAre("a:0[012]", "b:0[0]", "next b/1"));
    EXPECT_THAT(page({}, 1, "b", 0), ElementsAre("b:0[0]", "next b/1"));
    EXPECT_THAT(page({}, 6), ElementsAre("a:0[012]", "b:0[01]", "c:0[0]"));
    EXPECT_THAT(page({"bad name!"}, 5), ElementsAre("bad name!:17[]"));
    EXPECT_THAT(page({"b", "a"}, 5, "a", -1), ElementsAre("b:42[]", "a:42[]"));
}

TEST_F(DescribeTopicsTest, walking_all_pages_gives_every_partition_once) {
    for (int32_t limit = 1; limit <= 7; ++limit) {
        DescribeTopicPartitionsRequest request;
        request.response_partition_limit = limit;
        std::string seen;
        for (int pages = 0; pages < 10; ++pages) {
            const auto response = call(handle_describe_topic_partitions, request, 0);
            for (const auto& topic : response.topics)
                for (const auto& partition : topic.partitions)
                    seen += topic.name->str() + std::to_string(partition.partition_index.value);
            if (!response.next_cursor) break;
            auto& cursor = request.cursor.emplace();
            cursor.topic_name = response.next_cursor->topic_name;
            cursor.partition_index = response.next_cursor->partition_index;
        }
        EXPECT_EQ(seen, "a0a1a2b0b1c0") << limit;
    }
}

TEST_F(MetadataTest, describe_cluster) {
    cluster_.add_broker(2, true);
    DescribeClusterRequest request;
    const auto plain = call(handle_describe_cluster, request, 2);
    EXPECT_EQ(plain.cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
    EXPECT_EQ(plain.controller_id, BrokerId{1});
    ASSERT_EQ(plain.brokers.size(), 1u);
    EXPECT_EQ(plain.brokers[0].host, "public1");
    EXPECT_EQ(plain.cluster_authorized_operations, INT32_MIN);
    request.include_fenced_brokers = true;
    request.include_cluster_authorized_operations = true;
    const auto full = call(handle_describe_cluster, request, 2);
    ASSERT_EQ(full.brokers.size(), 2u);
    EXPECT_TRUE(full.brokers[1].is_fenced);
    EXPECT_EQ(full.cluster_authorized_operations, 8096);
}

TEST_F(MetadataTest, describe_cluster_tells_brokers_from_controllers) {
    DescribeClusterRequest request;
    request.endpoint_type = 2;
    const auto controllers = call(handle_describe_cluster, request, 1);
    EXPECT_EQ(controllers.error_code, ErrorCode::mismatched_endpoint_type);
    EXPECT_EQ(*controllers.error_message,
              "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of "
              "type CONTROLLER");
    EXPECT_EQ(controllers.cluster_id, "");
    EXPECT_EQ(controllers.controller_id, broker_id_none);
    request.endpoint_type = 3;
    const auto unknown = call(handle_describe_cluster, request, 1);
    EXPECT_EQ(unknown.error_code, ErrorCode::unsupported_endpoint_type);
    EXPECT_EQ(*unknown.error_message, "Unsupported endpoint type 3");
}

}  // namespace
}  // namespace barnabas::broker
