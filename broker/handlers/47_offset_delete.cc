// SPDX-License-Identifier: Apache-2.0
// OffsetDelete, api 47, v0. Removes committed offsets of topics that no member of the group wants
// (KIP-496).
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::OffsetDeleteResponse> handle_offset_delete(RequestContext& ctx,
                                                          protocol::OffsetDeleteRequest request) {
    auto removing = ctx.services.groups.delete_offsets(std::move(request));
    co_return co_await std::move(removing);
}

}  // namespace barnabas::broker
