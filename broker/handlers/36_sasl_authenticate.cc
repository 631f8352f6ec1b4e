// SPDX-License-Identifier: Apache-2.0
// SaslAuthenticate, api 36, v0-2. On a listener without authentication every client is known from
// the start: tokens come too late.
#include "broker/handlers/handlers.h"
#include "protocol/messages/sasl_authenticate.h"

namespace barnabas::broker {

Task<protocol::SaslAuthenticateResponse> handle_sasl_authenticate(
    RequestContext&, protocol::SaslAuthenticateRequest) {
    protocol::SaslAuthenticateResponse response;
    response.error_code = ErrorCode::illegal_sasl_state;
    response.error_message = "SaslAuthenticate request received after successful authentication";
    co_return response;
}

}  // namespace barnabas::broker
