// SPDX-License-Identifier: Apache-2.0
// See listener_config.h.
#include "broker/listener_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/whole_number.h"
#include "cluster/config/config_def.h"

namespace barnabas::broker {

namespace {

struct NamedEndpoint {
    std::string name;
    Endpoint endpoint;
};

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        auto part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const auto begin = part.find_first_not_of(" \t");
        if (begin == std::string_view::npos) continue;
        parts.emplace_back(part.substr(begin, part.find_last_not_of(" \t") - begin + 1));
    }
    return parts;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    return text;
}

// "NAME://host:port", "NAME://:port", "NAME://[::1]:port".
std::optional<NamedEndpoint> parse_endpoint(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || scheme == 0) return std::nullopt;
    auto endpoint = parse_host_port(text.substr(scheme + 3));
    if (!endpoint) return std::nullopt;
    return NamedEndpoint{upper(std::string(text.substr(0, scheme))), std::move(*endpoint)};
}

std::string parse_endpoints(std::string_view key, std::string_view value,
                            std::vector<NamedEndpoint>& into) {
    for (const auto& part : split_list(value)) {
        auto parsed = parse_endpoint(part);
        if (!parsed)
            return fmt::format(
                "Invalid value {} for configuration {}: expected NAME://host:port "
                "(host may be empty), port 0 to 65535",
                part, key);
        for (const auto& other : into)
            if (other.name == parsed->name)
                return fmt::format(
                    "Invalid value {} for configuration {}: Each listener must have a different "
                    "name, {} stands twice",
                    value, key, parsed->name);
        into.push_back(std::move(*parsed));
    }
    return {};
}

std::string property_or_default(const std::map<std::string, std::string>& properties,
                                const std::string& key) {
    if (const auto given = properties.find(key); given != properties.end()) return given->second;
    const auto* def = cluster::find_broker_config(key);
    return def && def->default_value ? std::string(*def->default_value) : std::string{};
}

std::map<std::string, std::string> protocol_map(const std::string& text) {
    std::map<std::string, std::string> result;
    for (const auto& part : split_list(text)) {
        const auto colon = part.find(':');
        if (colon != std::string::npos)
            result[upper(part.substr(0, colon))] = upper(part.substr(colon + 1));
    }
    return result;
}

bool any_interface(const std::string& host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
}

// An endpoint that clients can use: what is advertised, or the bind address where that is one.
Endpoint advertised_for(const NamedEndpoint& listener,
                        const std::vector<NamedEndpoint>& advertised) {
    Endpoint result = listener.endpoint;
    const auto told = std::ranges::find(advertised, listener.name, &NamedEndpoint::name);
    if (told != advertised.end()) result = told->endpoint;
    if (any_interface(result.host)) result.host = "localhost";
    return result;
}

// listener.security.protocol.map's word for a listener, else the name itself if it is a protocol,
// else PLAINTEXT: names like INTERNAL or DOCKER are common without a map.
std::string protocol_of(const std::string& name, const std::map<std::string, std::string>& map) {
    if (const auto found = map.find(name); found != map.end()) return found->second;
    return name == "SSL" || name == "SASL_SSL" || name == "SASL_PLAINTEXT" ? name : "PLAINTEXT";
}

}  // namespace

std::optional<Endpoint> parse_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = whole_number<uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return Endpoint{std::string(host), *port};
}

std::string apply_listeners(const std::map<std::string, std::string>& properties,
                            BrokerConfig& config) {
    std::vector<NamedEndpoint> listeners, advertised;
    auto listeners_text = property_or_default(properties, "listeners");
    const auto advertised_text = property_or_default(properties, "advertised.listeners");
    if (auto bad = parse_endpoints("advertised.listeners", advertised_text, advertised);
        !bad.empty())
        return bad;
    // Compose files often give only what is advertised: bind the same names and ports everywhere.
    if (!properties.contains("listeners") && !advertised.empty()) {
        listeners = advertised;
        for (auto& listener : listeners) listener.endpoint.host.clear();
    } else if (auto bad = parse_endpoints("listeners", listeners_text, listeners); !bad.empty()) {
        return bad;
    }
    const auto map =
        protocol_map(property_or_default(properties, "listener.security.protocol.map"));
    const auto controllers =
        split_list(property_or_default(properties, "controller.listener.names"));
    config.listeners.clear();
    for (const auto& told : advertised)
        if (std::ranges::find(listeners, told.name, &NamedEndpoint::name) == listeners.end())
            config.warnings.push_back(fmt::format(
                "advertised.listeners names {}, which listeners does not: ignored", told.name));
    for (const auto& listener : listeners) {
        if (std::ranges::find(controllers, listener.name) != controllers.end()) continue;
        const auto protocol = protocol_of(listener.name, map);
        if (protocol != "PLAINTEXT")
            return fmt::format(
                "Invalid value {} for configuration listeners: listener {} uses {}, only PLAINTEXT "
                "listeners can be served by this version",
                listeners_text, listener.name, protocol);
        config.listeners.push_back(
            {listener.name, protocol, listener.endpoint, advertised_for(listener, advertised)});
    }
    if (config.listeners.empty())
        return fmt::format(
            "Invalid value {} for configuration listeners: at least one listener for clients is "
            "needed",
            listeners_text);
    return {};
}

}  // namespace barnabas::broker
