// SPDX-License-Identifier: Apache-2.0
// Rules for configs beyond one key's own row: keys that depend on each other, on broker settings,
// or on what this program can do. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cluster/controller_support.h"

namespace barnabas::cluster {

namespace {

// Kafka's tests use it to make small segments; it is listed nowhere, and is accepted like there.
constexpr std::string_view unlisted_topic_config = "internal.segment.bytes";

int64_t to_number(std::string_view text) {
    const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    int64_t number = 0;
    std::from_chars(text.data() + begin, text.data() + text.size(), number);
    return number;
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "*", or "0:1,1:2": partitions and brokers.
bool is_replica_list(std::string_view list) {
    if (list == "*" || list.empty()) return true;
    while (true) {
        const size_t comma = std::min(list.find(','), list.size());
        const std::string_view pair = list.substr(0, comma);
        const size_t colon = pair.find(':');
        if (colon == std::string_view::npos || !is_digits(pair.substr(0, colon)) ||
            !is_digits(pair.substr(colon + 1)))
            return false;
        if (comma == list.size()) return true;
        list.remove_prefix(comma + 1);
    }
}

std::string check_one_topic_config(std::string_view key, std::string_view value) {
    const ConfigDef* def = find_topic_config(key);
    if (def == nullptr) return {};  // the unlisted one
    if (auto why = check_config_value(*def, value); !why.empty()) return why;
    if (key.ends_with(".replication.throttled.replicas") && !is_replica_list(value))
        return fmt::format(
            "Invalid value [{1}] for configuration {0}: {0} must be the literal '*' or a list of "
            "replicas in the following format: "
            "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
            key, value);
    if (key == "compression.gzip.level" && to_number(value) == 0)
        return fmt::format(
            "Invalid value {} for configuration {}: Value must be between 1 and 9 or equal to -1",
            value, key);
    if (key == "remote.storage.enable" && value.find("true") != std::string_view::npos)
        return "Tiered Storage functionality is disabled in the broker. Topic cannot be configured "
               "with remote log storage.";
    return {};
}

// The broker config that bounds a group's config: consumer.session.timeout.ms is bounded by
// group.consumer.min.session.timeout.ms.
std::string bound_name(std::string_view key, std::string_view bound) {
    const size_t dot = key.find('.');
    ASSERT(dot != std::string_view::npos);
    return fmt::format("group.{}.{}.{}", key.substr(0, dot), bound, key.substr(dot + 1));
}

std::optional<int64_t> broker_number(const ConfigMap& static_configs, const std::string& name) {
    const ConfigDef* def = find_broker_config(name);
    if (def == nullptr) return std::nullopt;
    const auto given = static_configs.find(name);
    return to_number(given == static_configs.end() ? def->default_value.value_or("0")
                                                   : std::string_view(given->second));
}

std::string check_bounds(const ConfigMap& static_configs, const std::string& key, int64_t number) {
    const std::string low = bound_name(key, "min");
    if (const auto limit = broker_number(static_configs, low); limit && number < *limit)
        return fmt::format("{} must be greater than or equal to {}", key, low);
    const std::string high = bound_name(key, "max");
    if (const auto limit = broker_number(static_configs, high); limit && number > *limit)
        return fmt::format("{} must be less than or equal to {}", key, high);
    return {};
}

constexpr std::array client_match_keys{
    std::string_view{"client_id"},
    std::string_view{"client_instance_id"},
    std::string_view{"client_software_name"},
    std::string_view{"client_software_version"},
    std::string_view{"client_source_address"},
    std::string_view{"client_source_port"},
};

bool is_client_match(std::string_view pattern) {
    const size_t equals = pattern.find('=');
    if (equals == std::string_view::npos || equals + 1 == pattern.size()) return false;
    std::string_view key = pattern.substr(0, equals);
    while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
    return std::ranges::find(client_match_keys, key) != client_match_keys.end();
}

}  // namespace

BrokerConfigLayers broker_layers(const MetadataImage& image, const ControllerSettings& settings) {
    const auto layer = [&](const std::string& name) -> const ConfigMap* {
        const auto configs = image.config(ConfigResourceType::broker, name);
        return configs ? configs.get() : nullptr;
    };
    return {layer(std::to_string(settings.node_id.value)), layer(""), &settings.static_configs};
}

std::string check_topic_configs(const DecideContext& context, const ConfigMap& overrides) {
    for (const auto& [key, value] : overrides)
        if (find_topic_config(key) == nullptr && key != unlisted_topic_config)
            return fmt::format("Unknown topic config name: {}", key);
    for (const auto& [key, value] : overrides)
        if (auto why = check_one_topic_config(key, value); !why.empty()) return why;
    const BrokerConfigLayers layers = broker_layers(context.image, context.settings);
    const auto number = [&](std::string_view key) {
        const ConfigDef* def = find_topic_config(key);
        ASSERT(def != nullptr);
        return to_number(effective_topic_config(*def, &overrides, layers).value);
    };
    const int64_t lag_min = number("min.compaction.lag.ms");
    const int64_t lag_max = number("max.compaction.lag.ms");
    if (lag_min > lag_max)
        return fmt::format(
            "conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
            lag_min, lag_max);
    return {};
}

std::string check_group_configs(const ConfigMap& static_configs, const ConfigMap& configs) {
    for (const auto& [key, value] : configs)
        if (find_group_config(key) == nullptr)
            return fmt::format("Unknown group config name: {}", key);
    for (const auto& [key, value] : configs) {
        const ConfigDef* def = find_group_config(key);
        if (auto why = check_config_value(*def, value); !why.empty()) return why;
        if (def->type != ConfigType::int32) continue;
        if (auto why = check_bounds(static_configs, key, to_number(value)); !why.empty())
            return why;
    }
    for (const std::string kind : {"consumer", "share", "streams"}) {
        const auto session = configs.find(kind + ".session.timeout.ms");
        const auto heartbeat = configs.find(kind + ".heartbeat.interval.ms");
        if (session == configs.end() || heartbeat == configs.end()) continue;
        if (to_number(session->second) <= to_number(heartbeat->second))
            return fmt::format("{} must be greater than {}", session->first, heartbeat->first);
    }
    return {};
}

ItemError check_client_metrics_configs(const ConfigMap& configs) {
    for (const auto& [key, value] : configs) {
        if (key == "metrics") continue;
        if (key == "interval.ms") {
            const int64_t interval = is_digits(value) ? to_number(value) : -1;
            if (interval < 100 || interval > 3'600'000)
                return {ErrorCode::invalid_request,
                        fmt::format("Invalid value {} for interval.ms, interval must be between "
                                    "100 and 3600000 (1 hour)",
                                    value)};
        } else if (key == "match") {
            std::string_view rest = value;
            while (!rest.empty()) {
                const size_t comma = std::min(rest.find(','), rest.size());
                if (!is_client_match(rest.substr(0, comma)))
                    return {
                        ErrorCode::invalid_config,
                        fmt::format("Illegal client matching pattern: {}", rest.substr(0, comma))};
                rest.remove_prefix(std::min(comma + 1, rest.size()));
            }
        } else {
            return {ErrorCode::invalid_request,
                    fmt::format("Unknown client metrics configuration: {}", key)};
        }
    }
    return {};
}

}  // namespace barnabas::cluster
