// SPDX-License-Identifier: Apache-2.0
// SyncGroup, api 14, v0-5. The leader hands in the assignment, every member gets its part.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::SyncGroupResponse> handle_sync_group(RequestContext& ctx,
                                                    protocol::SyncGroupRequest request) {
    auto running = ctx.services.groups.sync(std::move(request), ctx.version);
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
