// SPDX-License-Identifier: Apache-2.0
// DescribeQuorum, api 55, v0-2. The voters of the metadata log (KIP-595): this node alone.  v1:
// when they fetched last.  v2: directories and controllers' addresses.
#include "broker/broker_config.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_quorum.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;

constexpr std::string_view metadata_topic = "__cluster_metadata";
// As it is written down in the metadata log for voters of a larger quorum to come.
constexpr const char* controller_listener = "CONTROLLER";
constexpr const char* controller_host = "localhost";
constexpr uint16_t controller_port = 9093;

void describe(const RequestContext& ctx, DescribeQuorumResponse::PartitionData& told) {
    const auto image = ctx.image();
    const BrokerId self = ctx.services.config.node_id;
    const int64_t now_ms = ctx.services.clock.wall_ms();
    told.leader_id = self;
    told.leader_epoch = image->epoch;
    told.high_watermark = image->offset + 1;
    auto& voter = told.current_voters.emplace_back();
    voter.replica_id = self;
    voter.log_end_offset = told.high_watermark;
    voter.last_fetch_timestamp = voter.last_caught_up_timestamp = now_ms;
    const auto known = image->brokers.find(self);
    if (known != image->brokers.end() && !known->second->log_dirs.empty())
        voter.replica_directory_id = known->second->log_dirs.front();
}

}  // namespace

Task<DescribeQuorumResponse> handle_describe_quorum(RequestContext& ctx,
                                                    DescribeQuorumRequest request) {
    DescribeQuorumResponse response;
    bool described = false;
    for (const auto& topic : request.topics) {
        auto& answer = response.topics.emplace_back();
        answer.topic_name = topic.topic_name;
        for (const auto& partition : topic.partitions) {
            auto& told = answer.partitions.emplace_back();
            told.partition_index = partition.partition_index;
            if (topic.topic_name == metadata_topic && partition.partition_index.value == 0) {
                describe(ctx, told);
                described = true;
                continue;
            }
            told.error_code = ErrorCode::unknown_topic_or_partition;
            told.error_message = Text("This server does not host this topic-partition.");
        }
    }
    if (!described) co_return response;
    auto& node = response.nodes.emplace_back();
    node.node_id = ctx.services.config.node_id;
    auto& listener = node.listeners.emplace_back();
    listener.name = controller_listener;
    listener.host = controller_host;
    listener.port = controller_port;
    co_return response;
}

}  // namespace barnabas::broker
