// SPDX-License-Identifier: Apache-2.0
// DeleteAcls, api 31, v1-3. There is no authorizer yet: each filter is refused.
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_acls.h"

namespace barnabas::broker {

Task<protocol::DeleteAclsResponse> handle_delete_acls(RequestContext&,
                                                      protocol::DeleteAclsRequest request) {
    protocol::DeleteAclsResponse response;
    for (size_t i = 0; i < request.filters.size(); ++i) {
        auto& result = response.filter_results.emplace_back();
        result.error_code = ErrorCode::security_disabled;
        result.error_message = "No Authorizer is configured.";
    }
    co_return response;
}

}  // namespace barnabas::broker
