// SPDX-License-Identifier: Apache-2.0
// UpdateFeatures, api 57, v0-2. Levels of the cluster's features (KIP-584). Validated and decided
// by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::UpdateFeaturesResponse> handle_update_features(
    RequestContext& ctx, protocol::UpdateFeaturesRequest request) {
    auto deciding = ctx.services.cluster.update_features(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
