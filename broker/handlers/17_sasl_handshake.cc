// SPDX-License-Identifier: Apache-2.0
// SaslHandshake, api 17, v0-1. No listener asks who its clients are: there is nothing to agree on,
// and a client that tries has the wrong security protocol.
#include "broker/handlers/handlers.h"
#include "protocol/messages/sasl_handshake.h"

namespace barnabas::broker {

Task<protocol::SaslHandshakeResponse> handle_sasl_handshake(RequestContext&,
                                                            protocol::SaslHandshakeRequest) {
    protocol::SaslHandshakeResponse response;
    response.error_code = ErrorCode::illegal_sasl_state;
    co_return response;
}

}  // namespace barnabas::broker
