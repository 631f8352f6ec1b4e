// SPDX-License-Identifier: Apache-2.0
// CreateTopics, api 19, v2-7. Answered when the topics can be used.  v5: tells the configs.  v7:
// topic ids. Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::CreateTopicsResponse> handle_create_topics(RequestContext& ctx,
                                                          protocol::CreateTopicsRequest request) {
    auto deciding = ctx.services.cluster.create_topics(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
