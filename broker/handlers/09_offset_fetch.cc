// SPDX-License-Identifier: Apache-2.0
// OffsetFetch, api 9, v1-10. Reads committed offsets.  v8: several groups at once.  v10: topics by
// id.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::OffsetFetchResponse> handle_offset_fetch(RequestContext& ctx,
                                                        protocol::OffsetFetchRequest request) {
    auto running = ctx.services.groups.fetch(std::move(request), ctx.version);
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
