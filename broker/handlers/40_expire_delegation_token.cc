// SPDX-License-Identifier: Apache-2.0
// ExpireDelegationToken, api 40, v1-2. Tokens ask for authentication (KIP-48): they are not to be
// had on a listener where everybody is anonymous.
#include "broker/handlers/handlers.h"
#include "protocol/messages/expire_delegation_token.h"

namespace barnabas::broker {

Task<protocol::ExpireDelegationTokenResponse> handle_expire_delegation_token(
    RequestContext&, protocol::ExpireDelegationTokenRequest) {
    protocol::ExpireDelegationTokenResponse response;
    response.error_code = ErrorCode::delegation_token_request_not_allowed;
    response.expiry_timestamp_ms = -1;
    co_return response;
}

}  // namespace barnabas::broker
