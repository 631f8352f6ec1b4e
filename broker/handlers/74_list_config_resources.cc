// SPDX-License-Identifier: Apache-2.0
// ListConfigResources, api 74, v0-1. Which resources can have or have configs (KIP-1142).  v0:
// client metrics subscriptions only.
#include <algorithm>

#include "broker/handlers/handlers.h"
#include "protocol/messages/list_config_resources.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;
using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;

// In the order of the answer.
constexpr ConfigResourceType listed_types[] = {
    ConfigResourceType::group, ConfigResourceType::client_metrics,
    ConfigResourceType::broker_logger, ConfigResourceType::broker, ConfigResourceType::topic};

void add(std::string_view name, ConfigResourceType type, ListConfigResourcesResponse& response) {
    auto& resource = response.config_resources.emplace_back();
    resource.resource_name = Text(name);
    resource.resource_type = static_cast<int8_t>(type);
}

void add_all(const cluster::MetadataImage& image, ConfigResourceType type,
             ListConfigResourcesResponse& response) {
    if (type == ConfigResourceType::topic) {
        for (const auto& [name, topic] : image.topics) add(name, type, response);
    } else if (type == ConfigResourceType::broker || type == ConfigResourceType::broker_logger) {
        for (const auto& [id, broker] : image.brokers)
            add(std::to_string(id.value), type, response);
    } else {
        for (const auto& [resource, configs] : image.configs)
            if (resource.type == type) add(resource.name, type, response);
    }
}

}  // namespace

Task<ListConfigResourcesResponse> handle_list_config_resources(RequestContext& ctx,
                                                               ListConfigResourcesRequest request) {
    const auto image = ctx.image();
    ListConfigResourcesResponse response;
    if (ctx.version == 0) {
        add_all(*image, ConfigResourceType::client_metrics, response);
        co_return response;
    }
    const auto asked = [&request](ConfigResourceType type) {
        return std::ranges::find(request.resource_types, static_cast<int8_t>(type)) !=
               request.resource_types.end();
    };
    for (const int8_t type : request.resource_types) {
        if (std::ranges::find(listed_types, static_cast<ConfigResourceType>(type)) !=
            std::end(listed_types))
            continue;
        response.error_code = ErrorCode::unsupported_version;
        co_return response;
    }
    for (const ConfigResourceType type : listed_types)
        if (request.resource_types.empty() || asked(type)) add_all(*image, type, response);
    co_return response;
}

}  // namespace barnabas::broker
