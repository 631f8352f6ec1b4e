// SPDX-License-Identifier: Apache-2.0
// AlterUserScramCredentials, api 51, v0. Passwords of users (KIP-554), as the keys that SCRAM makes
// of them. Validated and decided by the controller.
#include <utility>

#include "broker/handlers/handlers.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

Task<protocol::AlterUserScramCredentialsResponse> handle_alter_user_scram_credentials(
    RequestContext& ctx, protocol::AlterUserScramCredentialsRequest request) {
    auto deciding =
        ctx.services.cluster.alter_user_scram_credentials(std::move(request), ctx.version);
    co_return co_await std::move(deciding);
}

}  // namespace barnabas::broker
