// SPDX-License-Identifier: Apache-2.0
// CreateAcls, api 30, v1-3. There is no authorizer yet: each rule is refused.
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_acls.h"

namespace barnabas::broker {

Task<protocol::CreateAclsResponse> handle_create_acls(RequestContext&,
                                                      protocol::CreateAclsRequest request) {
    protocol::CreateAclsResponse response;
    for (size_t i = 0; i < request.creations.size(); ++i) {
        auto& result = response.results.emplace_back();
        result.error_code = ErrorCode::security_disabled;
        result.error_message = "No Authorizer is configured.";
    }
    co_return response;
}

}  // namespace barnabas::broker
