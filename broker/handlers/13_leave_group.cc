// SPDX-License-Identifier: Apache-2.0
// LeaveGroup, api 13, v0-5. Members leave.  v3: several at once, by instance id too.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::LeaveGroupResponse> handle_leave_group(RequestContext& ctx,
                                                      protocol::LeaveGroupRequest request) {
    auto running = ctx.services.groups.leave(std::move(request), ctx.version);
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
