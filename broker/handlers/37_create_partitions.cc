// SPDX-License-Identifier: Apache-2.0
// CreatePartitions, api 37, v0-3. Gives topics more partitions.
// Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::CreatePartitionsResponse> handle_create_partitions(
    RequestContext& ctx, protocol::CreatePartitionsRequest request) {
    auto deciding = ctx.services.cluster.create_partitions(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
