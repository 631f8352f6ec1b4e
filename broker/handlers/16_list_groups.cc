// SPDX-License-Identifier: Apache-2.0
// ListGroups, api 16, v0-5. The groups that this broker coordinates.  v4: by state.  v5: by type.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::ListGroupsResponse> handle_list_groups(RequestContext& ctx,
                                                      protocol::ListGroupsRequest request) {
    auto listing = ctx.services.groups.list(std::move(request));
    co_return co_await std::move(listing);
}

}  // namespace barnabas::broker
