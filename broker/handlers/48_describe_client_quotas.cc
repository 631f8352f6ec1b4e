// SPDX-License-Identifier: Apache-2.0
// DescribeClientQuotas, api 48, v0-1. Quotas that were set for users, client ids and addresses
// (KIP-546).
#include <fmt/format.h>

#include <map>
#include <optional>

#include "broker/handlers/handlers.h"
#include "cluster/client_records.h"
#include "protocol/messages/describe_client_quotas.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using Component = DescribeClientQuotasRequest::ComponentData;

enum class Match : int8_t { exact = 0, by_default = 1, any = 2 };

struct Refusal {
    ErrorCode error = ErrorCode::invalid_request;
    std::string message{};
};

std::optional<Refusal> check(const Component& component) {
    const std::string_view type = component.entity_type.view();
    if (type.empty()) return Refusal{.message = "Invalid empty entity type."};
    if (type != "user" && type != "client-id" && type != "ip")
        return Refusal{ErrorCode::unsupported_version,
                       fmt::format("Unsupported entity type {}", type)};
    switch (static_cast<Match>(component.match_type)) {
        case Match::exact:
            if (!component.match)
                return Refusal{
                    .message = "Request specified MATCH_TYPE_EXACT, but set match string to null."};
            return std::nullopt;
        case Match::by_default:
        case Match::any:
            if (component.match)
                return Refusal{.message = fmt::format(
                                   "Request specified MATCH_TYPE_{}, but also specified a match "
                                   "string.",
                                   component.match_type == 1 ? "DEFAULT" : "SPECIFIED")};
            return std::nullopt;
    }
    return Refusal{.message = fmt::format("Unknown match type {}", component.match_type)};
}

std::optional<Refusal> check(const DescribeClientQuotasRequest& request) {
    std::map<std::string_view, int> times;
    for (const Component& component : request.components) {
        if (auto refusal = check(component)) return refusal;
        if (++times[component.entity_type.view()] > 1)
            return Refusal{
                .message = fmt::format("Entity type {} cannot appear more than once in the filter.",
                                       component.entity_type.view())};
    }
    if (times.contains("ip") && times.size() > 1)
        return Refusal{
            .message =
                "Invalid entity filter component combination. IP filter component should "
                "not be used with user or clientId filter component."};
    return std::nullopt;
}

bool matches(const cluster::QuotaEntity& entity, const DescribeClientQuotasRequest& request) {
    if (request.strict && entity.size() != request.components.size()) return false;
    for (const Component& component : request.components) {
        const auto found = entity.find(component.entity_type.str());
        if (found == entity.end()) return false;
        const auto match = static_cast<Match>(component.match_type);
        if (match == Match::by_default && found->second) return false;
        if (match == Match::exact && found->second != component.match->str()) return false;
    }
    return true;
}

}  // namespace

Task<DescribeClientQuotasResponse> handle_describe_client_quotas(
    RequestContext& ctx, DescribeClientQuotasRequest request) {
    DescribeClientQuotasResponse response;
    if (auto refusal = check(request)) {
        response.error_code = refusal->error;
        response.error_message = Text(std::move(refusal->message));
        response.entries.reset();
        co_return response;
    }
    response.entries.emplace();
    for (const auto& [entity, values] : cluster::client_quotas(*ctx.image())) {
        if (!matches(entity, request)) continue;
        auto& told = response.entries->emplace_back();
        for (const auto& [type, name] : entity) {
            auto& part = told.entity.emplace_back();
            part.entity_type = Text(type);
            part.entity_name.reset();
            if (name) part.entity_name = Text(*name);
        }
        for (const auto& [key, value] : values) {
            auto& one = told.values.emplace_back();
            one.key = Text(key);
            one.value = value;
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
