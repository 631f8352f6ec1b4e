// SPDX-License-Identifier: Apache-2.0
// DescribeDelegationToken, api 41, v1-3. Tokens ask for authentication (KIP-48): they are not to be
// had on a listener where everybody is anonymous.
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_delegation_token.h"

namespace barnabas::broker {

Task<protocol::DescribeDelegationTokenResponse> handle_describe_delegation_token(
    RequestContext&, protocol::DescribeDelegationTokenRequest) {
    protocol::DescribeDelegationTokenResponse response;
    response.error_code = ErrorCode::delegation_token_request_not_allowed;
    co_return response;
}

}  // namespace barnabas::broker
