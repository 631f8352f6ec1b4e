// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupHeartbeat, api 68, v0-1 (KIP-848). Joining, staying, being told what to own,
// leaving. v1: members bring their own id; subscriptions by regular expression.
#include <utility>

#include "broker/broker_config.h"
#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::ConsumerGroupHeartbeatResponse> handle_consumer_group_heartbeat(
    RequestContext& ctx, protocol::ConsumerGroupHeartbeatRequest request) {
    if (!ctx.services.config.group_consumer_protocol) {
        protocol::ConsumerGroupHeartbeatResponse refusal;
        refusal.error_code = ErrorCode::unsupported_version;
        co_return refusal;
    }
    auto running = ctx.services.groups.consumer_heartbeat(
        std::move(request), ctx.version, ctx.client->client_id, ctx.client->peer.host);
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
