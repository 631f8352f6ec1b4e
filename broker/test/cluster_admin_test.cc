// SPDX-License-Identifier: Apache-2.0
// Requests of administrators about the cluster: configs in the older form, quotas, credentials,
// features, elections, reassignments, the quorum. The controller's functions decide on the image
// of a test; whether they recorded anything is counted.
#include <gmock/gmock.h>

#include "broker/test/handler_fixture.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_delegation_token.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/expire_delegation_token.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/renew_delegation_token.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;
using testing::ElementsAre;
using testing::HasSubstr;

class ClusterAdminTest : public HandlerFixture {
  protected:
    ClusterAdminTest() { cluster_.add_topic("t", 2); }

    // (error, message) of the first result.
    std::pair<ErrorCode, std::string> quota(const char* type, std::optional<Text> name,
                                            const char* key, double value, bool check = false) {
        protocol::AlterClientQuotasRequest request;
        auto& entry = request.entries.emplace_back();
        auto& part = entry.entity.emplace_back();
        part.entity_type = type;
        part.entity_name = std::move(name);
        auto& op = entry.ops.emplace_back();
        op.key = key;
        op.value = value;
        request.validate_only = check;
        const auto response = call(handle_alter_client_quotas, std::move(request), 1);
        const auto& result = response.entries.at(0);
        return {result.error_code, result.error_message ? result.error_message->str() : ""};
    }
    auto update(const char* feature, int16_t level, int8_t type, int16_t version = 2) {
        protocol::UpdateFeaturesRequest request;
        auto& one = request.feature_updates.emplace_back();
        one.feature = feature;
        one.max_version_level = level;
        one.upgrade_type = type;
        return call(handle_update_features, std::move(request), version);
    }
};

TEST_F(ClusterAdminTest, A03_alter_configs_replaces_and_validates) {
    cluster_.set_config(ConfigResourceType::topic, "t",
                        {{"retention.ms", "1"}, {"cleanup.policy", "compact"}});
    protocol::AlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = 2;
    resource.resource_name = "t";
    auto& config = resource.configs.emplace_back();
    config.name = "retention.ms";
    config.value = Text("2");
    request.validate_only = true;
    EXPECT_EQ(call(handle_alter_configs, request, 2).responses.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 0u);
    request.validate_only = false;
    EXPECT_EQ(call(handle_alter_configs, request, 2).responses.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 2u) << "one is set, the other one reset";
    request.resources[0].configs[0].value.reset();
    const auto refused = call(handle_alter_configs, request, 2).responses.at(0);
    EXPECT_EQ(refused.error_code, ErrorCode::invalid_request);
    EXPECT_EQ(refused.error_message->view(), "Null value not supported for : retention.ms");
    request.resources[0].resource_type = 8;
    EXPECT_EQ(call(handle_alter_configs, request, 0).responses.at(0).error_message->view(),
              "Unknown resource type 8");
}

TEST_F(ClusterAdminTest, config_resources_are_listed_by_type) {
    cluster_.set_config(ConfigResourceType::group, "g", {{"consumer.session.timeout.ms", "50000"}});
    cluster_.set_config(ConfigResourceType::client_metrics, "m", {{"interval.ms", "1000"}});
    const auto list = [this](std::vector<int8_t> types, int16_t version = 1) {
        protocol::ListConfigResourcesRequest request;
        request.resource_types = std::move(types);
        const auto response = call(handle_list_config_resources, std::move(request), version);
        std::vector<std::string> told;
        if (response.error_code != ErrorCode::none) told.push_back(error_name(response.error_code));
        for (const auto& resource : response.config_resources)
            told.push_back(resource.resource_name.str() + "/" +
                           std::to_string(resource.resource_type));
        return told;
    };
    EXPECT_THAT(list({}), ElementsAre("g/32", "m/16", "1/8", "1/4", "t/2"));
    EXPECT_THAT(list({2}), ElementsAre("t/2"));
    EXPECT_THAT(list({2, 99}), ElementsAre("UNSUPPORTED_VERSION"));
    EXPECT_THAT(list({}, 0), ElementsAre("m/16"));
}

TEST_F(ClusterAdminTest, quotas_are_checked_before_they_are_recorded) {
    EXPECT_EQ(quota("user", Text("a"), "producer_byte_rate", 5).first, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 1u);
    EXPECT_EQ(quota("user", std::nullopt, "request_percentage", 0.5, true).first, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 1u) << "only validated";
    EXPECT_EQ(quota("user", Text("a"), "producer_byte_rate", 1.5).second,
              "producer_byte_rate cannot be a fractional value.");
    EXPECT_EQ(quota("user", Text("a"), "producer_byte_rate", 0).second,
              "Quota producer_byte_rate must be greater than 0");
    EXPECT_EQ(quota("user", Text("a"), "connection_creation_rate", 1).second,
              "Invalid configuration key connection_creation_rate");
    EXPECT_EQ(quota("ip", Text("no address!"), "connection_creation_rate", 1).second,
              "no address! is not a valid IP or resolvable host.");
    EXPECT_EQ(quota("planet", Text("a"), "producer_byte_rate", 1).second,
              "Unhandled client quota entity type: planet");
    EXPECT_EQ(cluster_.records_decided, 1u);
}

TEST_F(ClusterAdminTest, quotas_are_found_by_their_entities) {
    quota("user", Text("alice"), "producer_byte_rate", 1000);
    quota("user", std::nullopt, "producer_byte_rate", 7);
    quota("ip", Text("10.0.0.1"), "connection_creation_rate", 9);
    EXPECT_EQ(cluster_.records_decided, 3u);
    const auto describe = [this](const char* type, int8_t match, std::optional<Text> name) {
        protocol::DescribeClientQuotasRequest request;
        auto& component = request.components.emplace_back();
        component.entity_type = type;
        component.match_type = match;
        component.match = std::move(name);
        return call(handle_describe_client_quotas, std::move(request), 1);
    };
    EXPECT_EQ(call(handle_describe_client_quotas, protocol::DescribeClientQuotasRequest{}, 1)
                  .entries->size(),
              3u);
    const auto exact = describe("user", 0, Text("alice"));
    ASSERT_EQ(exact.entries->size(), 1u);
    EXPECT_EQ(exact.entries->at(0).values.at(0).key, "producer_byte_rate");
    EXPECT_EQ(exact.entries->at(0).values.at(0).value, 1000);
    EXPECT_FALSE(describe("user", 1, std::nullopt).entries->at(0).entity.at(0).entity_name);
    EXPECT_EQ(describe("user", 2, std::nullopt).entries->size(), 2u);
    const auto refused = describe("planet", 2, std::nullopt);
    EXPECT_EQ(refused.error_code, ErrorCode::unsupported_version);
    EXPECT_FALSE(refused.entries.has_value());
    // What is there already needs no record.
    EXPECT_EQ(quota("user", Text("alice"), "producer_byte_rate", 1000).first, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 3u);
}

TEST_F(ClusterAdminTest, A13_credentials_are_described_without_secrets) {
    protocol::AlterUserScramCredentialsRequest request;
    auto& upsertion = request.upsertions.emplace_back();
    upsertion.name = "u";
    upsertion.mechanism = 1;
    upsertion.iterations = 4096;
    upsertion.salt = Blob(std::vector<uint8_t>{1, 2});
    upsertion.salted_password = Blob(std::vector<uint8_t>{3, 4});
    EXPECT_EQ(call(handle_alter_user_scram_credentials, request, 0).results.at(0).error_code,
              ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 1u);
    request.upsertions[0].iterations = 1;
    const auto few = call(handle_alter_user_scram_credentials, request, 0).results.at(0);
    EXPECT_EQ(few.error_code, ErrorCode::unacceptable_credential);
    EXPECT_EQ(few.error_message->view(), "Too few iterations");
    protocol::DescribeUserScramCredentialsRequest who;
    who.users.emplace().emplace_back().name = "u";
    who.users->emplace_back().name = "nobody";
    const auto told = call(handle_describe_user_scram_credentials, who, 0);
    EXPECT_EQ(told.results.at(0).error_code, ErrorCode::resource_not_found);
    ASSERT_EQ(told.results.at(1).credential_infos.size(), 1u);
    EXPECT_EQ(told.results[1].credential_infos[0].mechanism, 1);
    EXPECT_EQ(told.results[1].credential_infos[0].iterations, 4096);
}

TEST_F(ClusterAdminTest, features_are_updated_all_or_none) {
    cluster_.image_.features = {{"metadata.version", int16_t{30}}, {"group.version", int16_t{1}}};
    EXPECT_EQ(update("group.version", 1, 1).error_code, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 0u) << "it is at that level";
    const auto down = update("group.version", 0, 1);
    EXPECT_EQ(down.error_code, ErrorCode::invalid_update_version);
    EXPECT_THAT(down.error_message->str(), HasSubstr("without setting the upgrade type"));
    EXPECT_EQ(update("group.version", 0, 2).error_code, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 1u);
    EXPECT_THAT(update("metadata.version", 29, 2).error_message->str(),
                HasSubstr("it might delete metadata information"));
    EXPECT_THAT(update("nope", 1, 1).error_message->str(),
                HasSubstr("Local controller 1 does not support this feature."));
    EXPECT_EQ(cluster_.records_decided, 1u);
    EXPECT_EQ(update("group.version", 1, 1, 1).results.size(), 1u) << "before v2 each is answered";
    EXPECT_EQ(cluster_.records_decided, 2u);
}

TEST_F(ClusterAdminTest, elections_and_reassignments_on_one_node) {
    protocol::ElectLeadersRequest elect;
    auto& topic = elect.topic_partitions.emplace().emplace_back();
    topic.topic = "t";
    topic.partitions = {PartitionIndex{0}, PartitionIndex{9}};
    const auto elected = call(handle_elect_leaders, elect, 2).replica_election_results.at(0);
    EXPECT_EQ(elected.partition_result.at(0).error_code, ErrorCode::election_not_needed);
    EXPECT_EQ(elected.partition_result.at(1).error_code, ErrorCode::unknown_topic_or_partition);
    elect.topic_partitions.reset();
    EXPECT_TRUE(call(handle_elect_leaders, elect, 2)
                    .replica_election_results.at(0)
                    .partition_result.empty());

    protocol::AlterPartitionReassignmentsRequest move;
    auto& moved = move.topics.emplace_back();
    moved.name = "t";
    moved.partitions.emplace_back().replicas = {BrokerId{1}};
    moved.partitions.emplace_back().replicas = {BrokerId{2}};
    moved.partitions.emplace_back().replicas.reset();
    const auto results =
        call(handle_alter_partition_reassignments, move, 1).responses.at(0).partitions;
    EXPECT_EQ(results.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(results.at(1).error_code, ErrorCode::invalid_replica_assignment);
    EXPECT_THAT(results.at(1).error_message->str(), HasSubstr("no such broker is registered"));
    EXPECT_EQ(results.at(2).error_code, ErrorCode::no_reassignment_in_progress);
    protocol::ListPartitionReassignmentsRequest list;
    EXPECT_TRUE(call(handle_list_partition_reassignments, list, 0).topics.empty());
}

TEST_F(ClusterAdminTest, the_quorum_is_this_node) {
    cluster_.image_.offset = Offset{41};
    cluster_.image_.epoch = LeaderEpoch{3};
    protocol::DescribeQuorumRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = "__cluster_metadata";
    topic.partitions.emplace_back();
    topic.partitions.emplace_back().partition_index = PartitionIndex{1};
    const auto response = call(handle_describe_quorum, request, 2);
    const auto& first = response.topics.at(0).partitions.at(0);
    EXPECT_EQ(first.leader_id, BrokerId{1});
    EXPECT_EQ(first.leader_epoch, LeaderEpoch{3});
    EXPECT_EQ(first.high_watermark, Offset{42});
    EXPECT_EQ(first.current_voters.size(), 1u);
    EXPECT_EQ(response.topics[0].partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(response.nodes.size(), 1u);
}

TEST_F(ClusterAdminTest, access_rules_need_an_authorizer) {
    EXPECT_EQ(call(handle_describe_acls, protocol::DescribeAclsRequest{}, 3).error_code,
              ErrorCode::security_disabled);
    protocol::CreateAclsRequest create;
    create.creations.emplace_back();
    EXPECT_EQ(call(handle_create_acls, create, 3).results.at(0).error_code,
              ErrorCode::security_disabled);
    protocol::DeleteAclsRequest remove;
    remove.filters.emplace_back();
    EXPECT_EQ(call(handle_delete_acls, remove, 3).filter_results.at(0).error_code,
              ErrorCode::security_disabled);
}

TEST_F(ClusterAdminTest, without_authentication_there_are_no_tokens) {
    const auto none = ErrorCode::delegation_token_request_not_allowed;
    protocol::CreateDelegationTokenRequest request;
    const auto anonymous = call(handle_create_delegation_token, request, 3);
    EXPECT_EQ(anonymous.error_code, none);
    EXPECT_EQ(anonymous.principal_name, "ANONYMOUS");
    EXPECT_EQ(anonymous.issue_timestamp_ms, -1);
    request.owner_principal_type = Text("User");
    request.owner_principal_name = Text("bob");
    const auto of_bob = call(handle_create_delegation_token, request, 3);
    EXPECT_EQ(of_bob.principal_name, "bob");
    EXPECT_EQ(of_bob.token_requester_principal_name, "ANONYMOUS");
    EXPECT_EQ(
        call(handle_renew_delegation_token, protocol::RenewDelegationTokenRequest{}, 2).error_code,
        none);
    EXPECT_EQ(call(handle_expire_delegation_token, protocol::ExpireDelegationTokenRequest{}, 2)
                  .expiry_timestamp_ms,
              -1);
    EXPECT_EQ(call(handle_describe_delegation_token, protocol::DescribeDelegationTokenRequest{}, 3)
                  .error_code,
              none);
    EXPECT_EQ(call(handle_sasl_handshake, protocol::SaslHandshakeRequest{}, 1).error_code,
              ErrorCode::illegal_sasl_state);
    EXPECT_EQ(call(handle_sasl_authenticate, protocol::SaslAuthenticateRequest{}, 2).error_code,
              ErrorCode::illegal_sasl_state);
}

TEST_F(ClusterAdminTest, brokers_that_are_gone_can_be_forgotten) {
    const auto forget = [this](int32_t id) {
        protocol::UnregisterBrokerRequest request;
        request.broker_id = BrokerId{id};
        return call(handle_unregister_broker, std::move(request), 0);
    };
    const auto unknown = forget(7);
    EXPECT_EQ(unknown.error_code, ErrorCode::broker_id_not_registered);
    EXPECT_EQ(unknown.error_message->view(), "Broker ID 7 is not currently registered");
    EXPECT_EQ(forget(1).error_code, ErrorCode::none);
    EXPECT_EQ(cluster_.records_decided, 0u) << "this broker is there";
    cluster_.add_broker(2, true);
    auto topic = std::make_shared<cluster::TopicImage>(*cluster_.image_.topic("t"));
    topic->partitions[0].replicas = topic->partitions[0].isr = {BrokerId{2}, BrokerId{1}};
    topic->partitions[0].leader = BrokerId{2};
    topic->partitions[1].replicas = topic->partitions[1].isr = {BrokerId{2}};
    topic->partitions[1].leader = BrokerId{2};
    cluster_.image_.topics.insert_or_assign("t", topic);
    cluster_.image_.topics_by_id.insert_or_assign(topic->id, topic);
    EXPECT_EQ(forget(2).error_code, ErrorCode::none);
    EXPECT_FALSE(cluster_.image_.brokers.contains(BrokerId{2}));
    const auto after = cluster_.image_.topic("t");
    EXPECT_EQ(after->partitions[0].leader, BrokerId{1});
    EXPECT_THAT(after->partitions[0].isr, ElementsAre(BrokerId{1}));
    EXPECT_EQ(after->partitions[1].leader, broker_id_none) << "nobody else has its records";
    EXPECT_THAT(after->partitions[1].isr, ElementsAre(BrokerId{2}));
}

}  // namespace
}  // namespace barnabas::broker
