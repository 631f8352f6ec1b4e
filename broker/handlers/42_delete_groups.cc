// SPDX-License-Identifier: Apache-2.0
// DeleteGroups, api 42, v0-2. Removes groups without members, with their offsets.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::DeleteGroupsResponse> handle_delete_groups(RequestContext& ctx,
                                                          protocol::DeleteGroupsRequest request) {
    auto removing = ctx.services.groups.remove(std::move(request));
    co_return co_await std::move(removing);
}

}  // namespace barnabas::broker
