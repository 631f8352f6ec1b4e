// SPDX-License-Identifier: Apache-2.0
// OffsetCommit, api 8, v2-10. Stores committed offsets of a group.  v10: topics by id.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::OffsetCommitResponse> handle_offset_commit(RequestContext& ctx,
                                                          protocol::OffsetCommitRequest request) {
    auto running = ctx.services.groups.commit(std::move(request), ctx.version);
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
