// SPDX-License-Identifier: Apache-2.0
// RenewDelegationToken, api 39, v1-2. Tokens ask for authentication (KIP-48): they are not to be
// had on a listener where everybody is anonymous.
#include "broker/handlers/handlers.h"
#include "protocol/messages/renew_delegation_token.h"

namespace barnabas::broker {

Task<protocol::RenewDelegationTokenResponse> handle_renew_delegation_token(
    RequestContext&, protocol::RenewDelegationTokenRequest) {
    protocol::RenewDelegationTokenResponse response;
    response.error_code = ErrorCode::delegation_token_request_not_allowed;
    response.expiry_timestamp_ms = -1;
    co_return response;
}

}  // namespace barnabas::broker
