// SPDX-License-Identifier: Apache-2.0
// DeleteTopics, api 20, v1-6. Answered when the topics are gone.  v5: error messages.  v6: topics
// by id. Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::DeleteTopicsResponse> handle_delete_topics(RequestContext& ctx,
                                                          protocol::DeleteTopicsRequest request) {
    auto deciding = ctx.services.cluster.delete_topics(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
