// SPDX-License-Identifier: Apache-2.0
// UnregisterBroker, api 64, v0. Drops the registration of a broker that is no more. Decided by the
// controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"
#include "protocol/messages/unregister_broker.h"

namespace barnabas::broker {

Task<protocol::UnregisterBrokerResponse> handle_unregister_broker(
    RequestContext& ctx, protocol::UnregisterBrokerRequest request) {
    auto deciding = ctx.services.cluster.unregister_broker(std::move(request));
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
