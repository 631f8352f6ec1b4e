// SPDX-License-Identifier: Apache-2.0
// ApiVersions, api 18, v0-4. Which APIs this broker answers, in which versions, and the features of
// the cluster.  v3: the client names its software (KIP-511), features (KIP-584).  v4: also features
// whose lowest level is 0, which v3 clients misread.  Versions beyond are refused in connection.cc.
#include <algorithm>

#include "broker/handlers/handlers.h"
#include "broker/server/api_table.h"
#include "cluster/features.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;

constexpr int16_t first_version_with_software = 3;
constexpr int16_t first_version_with_level_0 = 4;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters and digits, with '-' and '.' only inside.
bool is_software_word(std::string_view word) {
    if (word.empty() || !is_alphanumeric(word.front()) || !is_alphanumeric(word.back()))
        return false;
    return std::ranges::all_of(word,
                               [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
}

void add_features(const cluster::MetadataImage& image, int16_t version,
                  ApiVersionsResponse& response) {
    for (const auto& feature : cluster::supported_features) {
        if (feature.min == 0 && version < first_version_with_level_0) continue;
        auto& added = response.supported_features.emplace_back();
        added.name = Text(feature.name);
        added.min_version = feature.min;
        added.max_version = feature.max;
    }
    response.finalized_features_epoch = image.offset.value;
    for (const auto& [name, level] : image.features) {
        auto& added = response.finalized_features.emplace_back();
        added.name = Text(name);
        added.min_version_level = level;
        added.max_version_level = level;
    }
}

}  // namespace

Task<ApiVersionsResponse> handle_api_versions(RequestContext& ctx, ApiVersionsRequest request) {
    ApiVersionsResponse response;
    if (ctx.version >= first_version_with_software) {
        if (!is_software_word(request.client_software_name) ||
            !is_software_word(request.client_software_version)) {
            response.error_code = ErrorCode::invalid_request;
            co_return response;
        }
        ctx.client->software_name = request.client_software_name.str();
        ctx.client->software_version = request.client_software_version.str();
        add_features(*ctx.image(), ctx.version, response);
    }
    for (const ApiEntry& entry : broker_apis()) {
        if (!is_advertised(entry.key)) continue;
        const protocol::ApiInfo* info = protocol::find_api(static_cast<int16_t>(entry.key));
        auto& added = response.api_keys.emplace_back();
        added.api_key = static_cast<int16_t>(entry.key);
        added.min_version = info->broker_min;
        added.max_version = info->broker_max;
    }
    co_return response;
}

}  // namespace barnabas::broker
