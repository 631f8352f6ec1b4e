// SPDX-License-Identifier: Apache-2.0
// DescribeUserScramCredentials, api 50, v0. For which mechanisms users have passwords, and with how
// many iterations (KIP-554); never anything of the passwords.
#include <fmt/format.h>

#include <map>

#include "broker/handlers/handlers.h"
#include "cluster/client_records.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;
using Result = DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult;

void refuse(Result& result, ErrorCode error, std::string message) {
    result.error_code = error;
    result.error_message = Text(std::move(message));
}

}  // namespace

Task<DescribeUserScramCredentialsResponse> handle_describe_user_scram_credentials(
    RequestContext& ctx, DescribeUserScramCredentialsRequest request) {
    const cluster::ScramUsers known = cluster::scram_users(*ctx.image());
    std::map<std::string, int> asked;
    if (request.users)
        for (const auto& user : *request.users) ++asked[user.name.str()];
    // Nobody in particular: everybody.
    if (asked.empty())
        for (const auto& [name, mechanisms] : known) asked[name] = 1;
    DescribeUserScramCredentialsResponse response;
    for (const auto& [name, times] : asked) {
        Result& result = response.results.emplace_back();
        result.user = Text(name);
        const auto user = known.find(name);
        if (times > 1) {
            refuse(result, ErrorCode::duplicate_resource,
                   fmt::format("Cannot describe SCRAM credentials for the same user twice in a "
                               "single request: {}",
                               name));
        } else if (user == known.end()) {
            refuse(
                result, ErrorCode::resource_not_found,
                fmt::format("Attempt to describe a user credential that does not exist: {}", name));
        } else {
            for (const auto& [mechanism, iterations] : user->second)
                result.credential_infos.push_back(
                    {.mechanism = mechanism, .iterations = iterations});
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
