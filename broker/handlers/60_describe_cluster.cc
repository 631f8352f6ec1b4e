// SPDX-License-Identifier: Apache-2.0
// DescribeCluster, api 60, v0-2. Cluster id, brokers, controller.  v1: a client says which kind of
// server it believes to ask (KIP-919).  v2: fenced brokers too, if asked for.
#include <fmt/format.h>

#include "broker/broker_config.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/metadata_view.h"
#include "protocol/messages/describe_cluster.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;

constexpr int8_t endpoint_type_broker = 1;
constexpr int8_t endpoint_type_controller = 2;

DescribeClusterResponse refuse(int8_t endpoint_type) {
    DescribeClusterResponse response;
    if (endpoint_type == endpoint_type_controller) {
        response.error_code = ErrorCode::mismatched_endpoint_type;
        response.error_message = Text(
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type "
            "CONTROLLER");
    } else {
        response.error_code = ErrorCode::unsupported_endpoint_type;
        response.error_message = Text(fmt::format("Unsupported endpoint type {}", endpoint_type));
    }
    return response;
}

}  // namespace

Task<DescribeClusterResponse> handle_describe_cluster(RequestContext& ctx,
                                                      DescribeClusterRequest request) {
    if (request.endpoint_type != endpoint_type_broker) co_return refuse(request.endpoint_type);
    const auto image = ctx.image();
    DescribeClusterResponse response;
    response.cluster_id = Text(image->cluster_id);
    response.controller_id = ctx.services.config.node_id;
    for (const auto& [id, broker] : image->brokers) {
        const auto* endpoint = find_endpoint(*broker, ctx.listener->name);
        if (!endpoint || (broker->fenced && !request.include_fenced_brokers)) continue;
        auto& added = response.brokers.emplace_back();
        added.broker_id = id;
        added.host = Text(endpoint->host);
        added.port = endpoint->port;
        if (broker->rack) added.rack = Text(*broker->rack);
        added.is_fenced = broker->fenced;
    }
    if (request.include_cluster_authorized_operations)
        response.cluster_authorized_operations = cluster_operations_all;
    co_return response;
}

}  // namespace barnabas::broker
