// SPDX-License-Identifier: Apache-2.0
// DescribeGroups, api 15, v0-6. State, protocol and members of classic groups.  v3: what the asker
// may do to them.  v6: a group that is not known is an error.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/metadata_view.h"

namespace barnabas::broker {

Task<protocol::DescribeGroupsResponse> handle_describe_groups(
    RequestContext& ctx, protocol::DescribeGroupsRequest request) {
    const bool tells_operations = request.include_authorized_operations;
    auto describing = ctx.services.groups.describe(std::move(request), ctx.version);
    protocol::DescribeGroupsResponse response = co_await std::move(describing);
    for (auto& group : response.groups)
        if (tells_operations && group.error_code == ErrorCode::none)
            group.authorized_operations = group_operations_all;
    co_return response;
}

}  // namespace barnabas::broker
