// SPDX-License-Identifier: Apache-2.0
// AlterClientQuotas, api 49, v0-1. Quotas of users, client ids and addresses (KIP-546). Validated
// and decided by the controller; shown by DescribeClientQuotas, not enforced yet.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::AlterClientQuotasResponse> handle_alter_client_quotas(
    RequestContext& ctx, protocol::AlterClientQuotasRequest request) {
    auto deciding = ctx.services.cluster.alter_client_quotas(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
