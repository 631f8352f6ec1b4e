// SPDX-License-Identifier: Apache-2.0
// DescribeAcls, api 29, v1-3. There is no authorizer yet: everybody may do everything, and no rule
// is kept.
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_acls.h"

namespace barnabas::broker {

Task<protocol::DescribeAclsResponse> handle_describe_acls(RequestContext&,
                                                          protocol::DescribeAclsRequest) {
    protocol::DescribeAclsResponse response;
    response.error_code = ErrorCode::security_disabled;
    response.error_message = "No Authorizer is configured on the broker";
    co_return response;
}

}  // namespace barnabas::broker
