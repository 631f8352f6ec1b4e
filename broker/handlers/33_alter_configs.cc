// SPDX-License-Identifier: Apache-2.0
// AlterConfigs, api 33, v0-2. The older form of IncrementalAlterConfigs: what is not named is
// reset. Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::AlterConfigsResponse> handle_alter_configs(RequestContext& ctx,
                                                          protocol::AlterConfigsRequest request) {
    auto deciding = ctx.services.cluster.alter_configs(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
