// SPDX-License-Identifier: Apache-2.0
// CreateDelegationToken, api 38, v1-3. Tokens ask for authentication (KIP-48): they are not to be
// had on a listener where everybody is anonymous.
#include <string_view>

#include "broker/handlers/handlers.h"
#include "protocol/messages/create_delegation_token.h"

namespace barnabas::broker {
namespace {

// Who everybody is without authentication.
constexpr std::string_view anonymous_type = "User";
constexpr std::string_view anonymous_name = "ANONYMOUS";

}  // namespace

Task<protocol::CreateDelegationTokenResponse> handle_create_delegation_token(
    RequestContext&, protocol::CreateDelegationTokenRequest request) {
    protocol::CreateDelegationTokenResponse response;
    response.error_code = ErrorCode::delegation_token_request_not_allowed;
    const bool for_other = request.owner_principal_name && !request.owner_principal_name->empty();
    response.principal_type =
        Text(for_other && request.owner_principal_type ? request.owner_principal_type->view()
                                                       : anonymous_type);
    response.principal_name =
        Text(for_other ? request.owner_principal_name->view() : anonymous_name);
    response.token_requester_principal_type = Text(anonymous_type);
    response.token_requester_principal_name = Text(anonymous_name);
    response.issue_timestamp_ms = response.expiry_timestamp_ms = response.max_timestamp_ms = -1;
    co_return response;
}

}  // namespace barnabas::broker
