// SPDX-License-Identifier: Apache-2.0
// See config_entities.h.
#include "cli/tools/config_entities.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/whole_number.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view types[] = {"topics", "clients",        "users",  "brokers",
                                      "ips",    "client-metrics", "groups", "broker-loggers"};
// Options that stand for a type and a name, in the order in which Kafka's tool takes them.
constexpr std::pair<std::string_view, std::string_view> shortcuts[] = {
    {"topic", "topics"},
    {"client", "clients"},
    {"user", "users"},
    {"broker", "brokers"},
    {"broker-logger", "broker-loggers"},
    {"ip", "ips"},
    {"client-metrics", "client-metrics"},
    {"group", "groups"},
};
constexpr std::pair<std::string_view, std::string_view> default_shortcuts[] = {
    {"client-defaults", "clients"},
    {"user-defaults", "users"},
    {"broker-defaults", "brokers"},
    {"ip-defaults", "ips"},
};

[[noreturn]] void refuse(std::string text) {
    throw UsageFailure(std::move(text));
}

bool resolves(const std::string& host) {
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
    freeaddrinfo(found);
    return true;
}

ConfigEntities collect(const Options& options) {
    ConfigEntities entities;
    entities.types = options.values("entity-type");
    auto names = options.values("entity-name");
    size_t next = 0;
    for (const auto& name : options.sequence()) {
        if (name == "entity-name" && next < names.size()) entities.names.push_back(names[next++]);
        if (name == "entity-default") entities.names.emplace_back();
    }
    for (const auto& [option, type] : shortcuts)
        if (const auto name = options.value(option)) {
            entities.types.emplace_back(type);
            entities.names.push_back(*name);
        }
    for (const auto& [option, type] : default_shortcuts)
        if (options.has(option)) {
            entities.types.emplace_back(type);
            entities.names.emplace_back();
        }
    return entities;
}

void check_types(const Options& options, const ConfigEntities& entities) {
    const std::set<std::string> distinct(entities.types.begin(), entities.types.end());
    if (distinct.size() != entities.types.size())
        refuse(fmt::format("Duplicate entity type(s) specified: {}", entities.types.back()));
    for (const auto& type : entities.types)
        if (std::ranges::find(types, type) == std::end(types))
            refuse(fmt::format(
                "Invalid entity type {}, the entity type must be one of topics, clients, users, "
                "brokers, ips, client-metrics, groups, broker-loggers with a --bootstrap-server "
                "or --bootstrap-controller argument",
                type));
    if (entities.types.empty()) refuse("At least one entity type must be specified");
    if (entities.types.size() > 1 && distinct != std::set<std::string>{"users", "clients"})
        refuse("Only 'users' and 'clients' entity types may be specified together");
    const bool general =
        options.has("entity-type") || options.has("entity-name") || options.has("entity-default");
    const auto given = [&](const auto& shortcut) { return options.has(shortcut.first); };
    if (general &&
        (std::ranges::any_of(shortcuts, given) || std::ranges::any_of(default_shortcuts, given)))
        refuse(
            "--entity-{type,name,default} should not be used in conjunction with specific entity "
            "flags");
}

void check_names(const ConfigEntities& entities) {
    const std::string& type = entities.types.front();
    for (const auto& name : entities.names) {
        if (name.empty()) continue;
        if (type.starts_with("broker") && !whole_number<int32_t>(name))
            refuse(
                fmt::format("The entity name for {} must be a valid integer broker id, but it "
                            "is: {}",
                            type, name));
        if (type == "ips" && !resolves(name))
            refuse(
                fmt::format("The entity name for {} must be a valid IP or resolvable host, but "
                            "it is: {}",
                            type, name));
    }
}

}  // namespace

bool ConfigEntities::has_type(std::string_view type) const {
    return std::ranges::find(types, type) != types.end();
}

bool ConfigEntities::has_name() const {
    return std::ranges::any_of(names, [](const auto& name) { return !name.empty(); });
}

bool ConfigEntities::has_default() const {
    return std::ranges::any_of(names, [](const auto& name) { return name.empty(); });
}

std::string_view singular(std::string_view type) {
    return type.substr(0, type.size() - 1);
}

ConfigEntities config_entities(const Options& options) {
    ConfigEntities entities = collect(options);
    check_types(options, entities);
    check_names(entities);
    return entities;
}

}  // namespace barnabas::cli
