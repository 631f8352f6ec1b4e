// SPDX-License-Identifier: Apache-2.0
// IncrementalAlterConfigs, api 44, v0-1. Sets, deletes, appends to and subtracts from configs
// (KIP-339). Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    RequestContext& ctx, protocol::IncrementalAlterConfigsRequest request) {
    auto deciding = ctx.services.cluster.incremental_alter_configs(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
