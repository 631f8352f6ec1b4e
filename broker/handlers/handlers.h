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
struct DescribeConfigsRequest;
struct DescribeConfigsResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
struct IncrementalAlterConfigsRequest;
struct IncrementalAlterConfigsResponse;
struct DescribeClusterRequest;
struct DescribeClusterResponse;
struct DescribeTopicPartitionsRequest;
struct DescribeTopicPartitionsResponse;

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
Task<protocol::DescribeConfigsResponse> handle_describe_configs(
    RequestContext& ctx, protocol::DescribeConfigsRequest request);
Task<protocol::CreatePartitionsResponse> handle_create_partitions(
    RequestContext& ctx, protocol::CreatePartitionsRequest request);
Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    RequestContext& ctx, protocol::IncrementalAlterConfigsRequest request);
Task<protocol::DescribeClusterResponse> handle_describe_cluster(
    RequestContext& ctx, protocol::DescribeClusterRequest request);
Task<protocol::DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    RequestContext& ctx, protocol::DescribeTopicPartitionsRequest request);

}  // namespace barnabas::broker
