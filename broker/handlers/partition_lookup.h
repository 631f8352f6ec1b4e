// SPDX-License-Identifier: Apache-2.0
// How handlers get from what a client named to a partition of this broker, and what they tell a
// client that came to the wrong broker. Pure functions of the image and the partition table.
#pragma once

#include <memory>
#include <string_view>

#include "broker/broker_config.h"
#include "broker/handlers/metadata_view.h"
#include "broker/partition/partition_table.h"
#include "broker/server/request_context.h"

namespace barnabas::broker {

struct FoundPartition {
    // unknown_topic_or_partition, unknown_topic_id, inconsistent_topic_id (the name belongs to
    // another topic now), not_leader_or_follower, kafka_storage_error: then `partition` is null.
    ErrorCode error = ErrorCode::none;
    std::shared_ptr<Partition> partition;
};

FoundPartition find_partition(const RequestContext& ctx, std::string_view topic,
                              PartitionIndex index);
FoundPartition find_partition(const RequestContext& ctx, const Uuid& topic_id,
                              PartitionIndex index);

// True for the errors with which a client is told who leads.
inline bool tells_leader(ErrorCode error) {
    return error == ErrorCode::not_leader_or_follower || error == ErrorCode::fenced_leader_epoch;
}

// Fills in leader and epoch of a partition's answer, and where that leader is reached on the
// listener that the client used. `Response` is Produce's or Fetch's.
template <class Response, class PartitionAnswer>
void tell_leader(const RequestContext& ctx, const cluster::MetadataImage& image,
                 const cluster::PartitionImage& partition, Response& response,
                 PartitionAnswer& answer) {
    answer.current_leader.leader_id = partition.leader;
    answer.current_leader.leader_epoch = partition.leader_epoch;
    for (const auto& known : response.node_endpoints)
        if (known.node_id == partition.leader) return;
    const auto broker = image.brokers.find(partition.leader);
    if (broker == image.brokers.end() || ctx.listener == nullptr) return;
    const cluster::BrokerEndpoint* endpoint = find_endpoint(*broker->second, ctx.listener->name);
    if (endpoint == nullptr) return;
    auto& added = response.node_endpoints.emplace_back();
    added.node_id = partition.leader;
    added.host = Text(endpoint->host);
    added.port = endpoint->port;
    if (broker->second->rack) added.rack = Text(*broker->second->rack);
}

}  // namespace barnabas::broker
