// SPDX-License-Identifier: Apache-2.0
// Heartbeat, api 12, v0-4. A member says it lives; the error code tells it to rejoin.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::HeartbeatResponse> handle_heartbeat(RequestContext& ctx,
                                                   protocol::HeartbeatRequest request) {
    auto running = ctx.services.groups.heartbeat(std::move(request));
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
