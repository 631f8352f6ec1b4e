// SPDX-License-Identifier: Apache-2.0
// JoinGroup, api 11, v0-9. A member joins; answered when the group's generation is decided.  v4: a
// member without an id gets one first (KIP-394).  v5: static members.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::JoinGroupResponse> handle_join_group(RequestContext& ctx,
                                                    protocol::JoinGroupRequest request) {
    auto joining = ctx.services.groups.join(std::move(request), ctx.version, ctx.client->client_id,
                                            ctx.client->peer.host);
    co_return co_await std::move(joining);
}

}  // namespace barnabas::broker
