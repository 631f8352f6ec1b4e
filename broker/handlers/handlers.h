// SPDX-License-Identifier: Apache-2.0
// Every request handler, in the order of API keys; each is in NN_name.cc. A handler takes the
// request as decoded (its texts and records borrow from ctx.frame) and gives the answer; `ctx`
// outlives it. The table that lists them all is broker/server/api_table.cc.
#pragma once

#include "base/task.h"
#include "broker/server/request_context.h"

namespace barnabas::protocol {

struct ProduceRequest;
struct ProduceResponse;
struct FetchRequest;
struct FetchResponse;
struct ListOffsetsRequest;
struct ListOffsetsResponse;
struct MetadataRequest;
struct MetadataResponse;
struct TxnOffsetCommitRequest;
struct TxnOffsetCommitResponse;
struct DescribeProducersRequest;
struct DescribeProducersResponse;
struct OffsetCommitRequest;
struct OffsetCommitResponse;
struct OffsetFetchRequest;
struct OffsetFetchResponse;
struct FindCoordinatorRequest;
struct FindCoordinatorResponse;
struct JoinGroupRequest;
struct JoinGroupResponse;
struct HeartbeatRequest;
struct HeartbeatResponse;
struct LeaveGroupRequest;
struct LeaveGroupResponse;
struct SyncGroupRequest;
struct SyncGroupResponse;
struct DescribeGroupsRequest;
struct DescribeGroupsResponse;
struct ListGroupsRequest;
struct ListGroupsResponse;
struct ApiVersionsRequest;
struct ApiVersionsResponse;
struct CreateTopicsRequest;
struct CreateTopicsResponse;
struct DeleteTopicsRequest;
struct DeleteTopicsResponse;
struct DeleteRecordsRequest;
struct DeleteRecordsResponse;
struct InitProducerIdRequest;
struct InitProducerIdResponse;
struct OffsetForLeaderEpochRequest;
struct OffsetForLeaderEpochResponse;
struct AddPartitionsToTxnRequest;
struct AddPartitionsToTxnResponse;
struct AddOffsetsToTxnRequest;
struct AddOffsetsToTxnResponse;
struct EndTxnRequest;
struct EndTxnResponse;
struct WriteTxnMarkersRequest;
struct WriteTxnMarkersResponse;
struct DescribeAclsRequest;
struct DescribeAclsResponse;
struct CreateAclsRequest;
struct CreateAclsResponse;
struct DeleteAclsRequest;
struct DeleteAclsResponse;
struct DescribeConfigsRequest;
struct DescribeConfigsResponse;
struct AlterConfigsRequest;
struct AlterConfigsResponse;
struct DescribeLogDirsRequest;
struct DescribeLogDirsResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
struct DeleteGroupsRequest;
struct DeleteGroupsResponse;
struct ElectLeadersRequest;
struct ElectLeadersResponse;
struct IncrementalAlterConfigsRequest;
struct IncrementalAlterConfigsResponse;
struct AlterPartitionReassignmentsRequest;
struct AlterPartitionReassignmentsResponse;
struct ListPartitionReassignmentsRequest;
struct ListPartitionReassignmentsResponse;
struct OffsetDeleteRequest;
struct OffsetDeleteResponse;
struct DescribeClientQuotasRequest;
struct DescribeClientQuotasResponse;
struct AlterClientQuotasRequest;
struct AlterClientQuotasResponse;
struct DescribeUserScramCredentialsRequest;
struct DescribeUserScramCredentialsResponse;
struct AlterUserScramCredentialsRequest;
struct AlterUserScramCredentialsResponse;
struct DescribeQuorumRequest;
struct DescribeQuorumResponse;
struct UpdateFeaturesRequest;
struct UpdateFeaturesResponse;
struct DescribeClusterRequest;
struct DescribeClusterResponse;
struct DescribeTransactionsRequest;
struct DescribeTransactionsResponse;
struct ListTransactionsRequest;
struct ListTransactionsResponse;
struct ConsumerGroupHeartbeatRequest;
struct ConsumerGroupHeartbeatResponse;
struct ConsumerGroupDescribeRequest;
struct ConsumerGroupDescribeResponse;
struct ListConfigResourcesRequest;
struct ListConfigResourcesResponse;
struct DescribeTopicPartitionsRequest;
struct DescribeTopicPartitionsResponse;
struct SaslHandshakeRequest;
struct SaslHandshakeResponse;
struct AlterReplicaLogDirsRequest;
struct AlterReplicaLogDirsResponse;
struct SaslAuthenticateRequest;
struct SaslAuthenticateResponse;
struct CreateDelegationTokenRequest;
struct CreateDelegationTokenResponse;
struct RenewDelegationTokenRequest;
struct RenewDelegationTokenResponse;
struct ExpireDelegationTokenRequest;
struct ExpireDelegationTokenResponse;
struct DescribeDelegationTokenRequest;
struct DescribeDelegationTokenResponse;
struct UnregisterBrokerRequest;
struct UnregisterBrokerResponse;
struct GetTelemetrySubscriptionsRequest;
struct GetTelemetrySubscriptionsResponse;
struct PushTelemetryRequest;
struct PushTelemetryResponse;

}  // namespace barnabas::protocol

namespace barnabas::broker {

Task<protocol::ProduceResponse> handle_produce(RequestContext& ctx,
                                               protocol::ProduceRequest request);
Task<protocol::FetchResponse> handle_fetch(RequestContext& ctx, protocol::FetchRequest request);
Task<protocol::ListOffsetsResponse> handle_list_offsets(RequestContext& ctx,
                                                        protocol::ListOffsetsRequest request);
Task<protocol::MetadataResponse> handle_metadata(RequestContext& ctx,
                                                 protocol::MetadataRequest request);
Task<protocol::OffsetCommitResponse> handle_offset_commit(RequestContext& ctx,
                                                          protocol::OffsetCommitRequest request);
Task<protocol::OffsetFetchResponse> handle_offset_fetch(RequestContext& ctx,
                                                        protocol::OffsetFetchRequest request);
Task<protocol::FindCoordinatorResponse> handle_find_coordinator(
    RequestContext& ctx, protocol::FindCoordinatorRequest request);
Task<protocol::JoinGroupResponse> handle_join_group(RequestContext& ctx,
                                                    protocol::JoinGroupRequest request);
Task<protocol::HeartbeatResponse> handle_heartbeat(RequestContext& ctx,
                                                   protocol::HeartbeatRequest request);
Task<protocol::LeaveGroupResponse> handle_leave_group(RequestContext& ctx,
                                                      protocol::LeaveGroupRequest request);
Task<protocol::SyncGroupResponse> handle_sync_group(RequestContext& ctx,
                                                    protocol::SyncGroupRequest request);
Task<protocol::DescribeGroupsResponse> handle_describe_groups(
    RequestContext& ctx, protocol::DescribeGroupsRequest request);
Task<protocol::ListGroupsResponse> handle_list_groups(RequestContext& ctx,
                                                      protocol::ListGroupsRequest request);
Task<protocol::ApiVersionsResponse> handle_api_versions(RequestContext& ctx,
                                                        protocol::ApiVersionsRequest request);
Task<protocol::CreateTopicsResponse> handle_create_topics(RequestContext& ctx,
                                                          protocol::CreateTopicsRequest request);
Task<protocol::DeleteTopicsResponse> handle_delete_topics(RequestContext& ctx,
                                                          protocol::DeleteTopicsRequest request);
Task<protocol::DeleteRecordsResponse> handle_delete_records(RequestContext& ctx,
                                                            protocol::DeleteRecordsRequest request);
Task<protocol::InitProducerIdResponse> handle_init_producer_id(
    RequestContext& ctx, protocol::InitProducerIdRequest request);
Task<protocol::OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(
    RequestContext& ctx, protocol::OffsetForLeaderEpochRequest request);
Task<protocol::AddPartitionsToTxnResponse> handle_add_partitions_to_txn(
    RequestContext& ctx, protocol::AddPartitionsToTxnRequest request);
Task<protocol::AddOffsetsToTxnResponse> handle_add_offsets_to_txn(
    RequestContext& ctx, protocol::AddOffsetsToTxnRequest request);
Task<protocol::EndTxnResponse> handle_end_txn(RequestContext& ctx, protocol::EndTxnRequest request);
Task<protocol::WriteTxnMarkersResponse> handle_write_txn_markers(
    RequestContext& ctx, protocol::WriteTxnMarkersRequest request);
Task<protocol::TxnOffsetCommitResponse> handle_txn_offset_commit(
    RequestContext& ctx, protocol::TxnOffsetCommitRequest request);
Task<protocol::DescribeAclsResponse> handle_describe_acls(RequestContext& ctx,
                                                          protocol::DescribeAclsRequest request);
Task<protocol::CreateAclsResponse> handle_create_acls(RequestContext& ctx,
                                                      protocol::CreateAclsRequest request);
Task<protocol::DeleteAclsResponse> handle_delete_acls(RequestContext& ctx,
                                                      protocol::DeleteAclsRequest request);
Task<protocol::DescribeConfigsResponse> handle_describe_configs(
    RequestContext& ctx, protocol::DescribeConfigsRequest request);
Task<protocol::AlterConfigsResponse> handle_alter_configs(RequestContext& ctx,
                                                          protocol::AlterConfigsRequest request);
Task<protocol::DescribeLogDirsResponse> handle_describe_log_dirs(
    RequestContext& ctx, protocol::DescribeLogDirsRequest request);
Task<protocol::CreatePartitionsResponse> handle_create_partitions(
    RequestContext& ctx, protocol::CreatePartitionsRequest request);
Task<protocol::DeleteGroupsResponse> handle_delete_groups(RequestContext& ctx,
                                                          protocol::DeleteGroupsRequest request);
Task<protocol::ElectLeadersResponse> handle_elect_leaders(RequestContext& ctx,
                                                          protocol::ElectLeadersRequest request);
Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    RequestContext& ctx, protocol::IncrementalAlterConfigsRequest request);
Task<protocol::AlterPartitionReassignmentsResponse> handle_alter_partition_reassignments(
    RequestContext& ctx, protocol::AlterPartitionReassignmentsRequest request);
Task<protocol::ListPartitionReassignmentsResponse> handle_list_partition_reassignments(
    RequestContext& ctx, protocol::ListPartitionReassignmentsRequest request);
Task<protocol::OffsetDeleteResponse> handle_offset_delete(RequestContext& ctx,
                                                          protocol::OffsetDeleteRequest request);
Task<protocol::DescribeClientQuotasResponse> handle_describe_client_quotas(
    RequestContext& ctx, protocol::DescribeClientQuotasRequest request);
Task<protocol::AlterClientQuotasResponse> handle_alter_client_quotas(
    RequestContext& ctx, protocol::AlterClientQuotasRequest request);
Task<protocol::DescribeUserScramCredentialsResponse> handle_describe_user_scram_credentials(
    RequestContext& ctx, protocol::DescribeUserScramCredentialsRequest request);
Task<protocol::AlterUserScramCredentialsResponse> handle_alter_user_scram_credentials(
    RequestContext& ctx, protocol::AlterUserScramCredentialsRequest request);
Task<protocol::DescribeQuorumResponse> handle_describe_quorum(
    RequestContext& ctx, protocol::DescribeQuorumRequest request);
Task<protocol::UpdateFeaturesResponse> handle_update_features(
    RequestContext& ctx, protocol::UpdateFeaturesRequest request);
Task<protocol::DescribeProducersResponse> handle_describe_producers(
    RequestContext& ctx, protocol::DescribeProducersRequest request);
Task<protocol::DescribeClusterResponse> handle_describe_cluster(
    RequestContext& ctx, protocol::DescribeClusterRequest request);
Task<protocol::DescribeTransactionsResponse> handle_describe_transactions(
    RequestContext& ctx, protocol::DescribeTransactionsRequest request);
Task<protocol::ListTransactionsResponse> handle_list_transactions(
    RequestContext& ctx, protocol::ListTransactionsRequest request);
Task<protocol::ConsumerGroupHeartbeatResponse> handle_consumer_group_heartbeat(
    RequestContext& ctx, protocol::ConsumerGroupHeartbeatRequest request);
Task<protocol::ConsumerGroupDescribeResponse> handle_consumer_group_describe(
    RequestContext& ctx, protocol::ConsumerGroupDescribeRequest request);
Task<protocol::ListConfigResourcesResponse> handle_list_config_resources(
    RequestContext& ctx, protocol::ListConfigResourcesRequest request);
Task<protocol::DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    RequestContext& ctx, protocol::DescribeTopicPartitionsRequest request);
Task<protocol::SaslHandshakeResponse> handle_sasl_handshake(RequestContext& ctx,
                                                            protocol::SaslHandshakeRequest request);
Task<protocol::AlterReplicaLogDirsResponse> handle_alter_replica_log_dirs(
    RequestContext& ctx, protocol::AlterReplicaLogDirsRequest request);
Task<protocol::SaslAuthenticateResponse> handle_sasl_authenticate(
    RequestContext& ctx, protocol::SaslAuthenticateRequest request);
Task<protocol::CreateDelegationTokenResponse> handle_create_delegation_token(
    RequestContext& ctx, protocol::CreateDelegationTokenRequest request);
Task<protocol::RenewDelegationTokenResponse> handle_renew_delegation_token(
    RequestContext& ctx, protocol::RenewDelegationTokenRequest request);
Task<protocol::ExpireDelegationTokenResponse> handle_expire_delegation_token(
    RequestContext& ctx, protocol::ExpireDelegationTokenRequest request);
Task<protocol::DescribeDelegationTokenResponse> handle_describe_delegation_token(
    RequestContext& ctx, protocol::DescribeDelegationTokenRequest request);
Task<protocol::UnregisterBrokerResponse> handle_unregister_broker(
    RequestContext& ctx, protocol::UnregisterBrokerRequest request);
Task<protocol::GetTelemetrySubscriptionsResponse> handle_get_telemetry_subscriptions(
    RequestContext& ctx, protocol::GetTelemetrySubscriptionsRequest request);
Task<protocol::PushTelemetryResponse> handle_push_telemetry(RequestContext& ctx,
                                                            protocol::PushTelemetryRequest request);

}  // namespace barnabas::broker
