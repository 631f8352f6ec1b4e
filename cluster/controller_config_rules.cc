// SPDX-License-Identifier: Apache-2.0
// Rules for configs beyond one key's own row: keys that depend on each other, on broker settings,
// or on what this program can do. Pure.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>

#include "cluster/config/config_number.h"
#include "cluster/controller_support.h"

namespace barnabas::cluster {

namespace {

// Kafka's tests use it to make small segments; it is listed nowhere, and is accepted like there.
constexpr std::string_view unlisted_topic_config = "internal.segment.bytes";

int64_t to_number(std::string_view text) {
    return config_number<int64_t>(text).value_or(0);
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The elements of a list as Java reads them: without blanks, and there may be empty ones.
std::vector<std::string_view> elements_of(std::string_view list) {
    std::vector<std::string_view> elements;
    list = trim_config(list);
    if (list.empty()) return elements;
    while (true) {
        const size_t comma = std::min(list.find(','), list.size());
        elements.push_back(trim_config(list.substr(0, comma)));
        if (comma == list.size()) return elements;
        list.remove_prefix(comma + 1);
    }
}

bool is_replica(std::string_view pair) {
    const size_t colon = pair.find(':');
    return colon != std::string_view::npos && is_digits(pair.substr(0, colon)) &&
           is_digits(pair.substr(colon + 1));
}

// "*", or "0:1,1:2": partitions and brokers. Empty elements do not matter.
std::string check_replica_list(std::string_view key, std::string_view list) {
    auto elements = elements_of(list);
    std::string whole;
    for (const auto element : elements) whole += element;
    const auto is_fine = [](std::string_view each) { return each.empty() || is_replica(each); };
    if (whole == "*" || std::ranges::all_of(elements, is_fine)) return {};
    return fmt::format(
        "Invalid value [{1}] for configuration {0}: {0} must be the literal '*' or a list of "
        "replicas in the following format: "
        "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
        key, fmt::join(elements, ", "));
}

std::string refuse_gap(std::string_view key) {
    return fmt::format("Configuration '{}' values must not be empty.", key);
}

// Lists have no empty elements. One that is not allowed, and comes before, is told of instead.
std::string check_gaps(const ConfigDef& def, std::string_view value) {
    if (def.type != ConfigType::list) return {};
    for (const auto element : elements_of(value)) {
        if (element.empty()) return refuse_gap(def.name);
        if (!check_config_value(def, element).empty()) return {};
    }
    return {};
}

// Its allowed values are no range.
std::string check_gzip_level(std::string_view key, std::string_view value) {
    if (key != "compression.gzip.level") return {};
    const auto level = config_number<int32_t>(value);
    if (!level || *level == -1 || (*level >= 1 && *level <= 9)) return {};
    return fmt::format(
        "Invalid value {} for configuration {}: Value must be between 1 and 9 or equal to -1",
        *level, key);
}

std::string check_one_topic_config(std::string_view key, std::string_view value) {
    const ConfigDef* def = find_topic_config(key);
    if (def == nullptr) return {};  // the unlisted one
    if (auto why = check_gzip_level(key, value); !why.empty()) return why;
    if (key.ends_with(".replication.throttled.replicas")) return check_replica_list(key, value);
    if (auto why = check_gaps(*def, value); !why.empty()) return why;
    if (auto why = check_config_value(*def, value); !why.empty()) return why;
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
    const std::string high = key == "streams.num.standby.replicas"
                                 ? "group.streams.max.standby.replicas"
                                 : bound_name(key, "max");
    if (const auto limit = broker_number(static_configs, high); limit && number > *limit)
        return fmt::format("{} must be less than or equal to {}", key, high);
    return {};
}

// "earliest", "latest", or a time back from now.
std::string check_share_offset_reset(std::string_view key, std::string_view value) {
    constexpr std::string_view by_duration = "by_duration:";
    if (key != "share.auto.offset.reset") return {};
    const bool is_duration = value.starts_with(by_duration) &&
                             value.substr(by_duration.size()).starts_with("P") &&
                             value.size() > by_duration.size() + 2;
    if (value == "earliest" || value == "latest" || is_duration) return {};
    return fmt::format(
        "Invalid value {0} for configuration {1}: Invalid value `{0}` for configuration {1}. The "
        "value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
        value, key);
}

// Settings that belong to a listener, or to one broker.
constexpr std::array security_keys{
    std::string_view{"ssl.key.password"},
    std::string_view{"ssl.keystore.certificate.chain"},
    std::string_view{"ssl.keystore.key"},
    std::string_view{"ssl.keystore.location"},
    std::string_view{"ssl.keystore.password"},
    std::string_view{"ssl.keystore.type"},
    std::string_view{"ssl.truststore.certificates"},
    std::string_view{"ssl.truststore.location"},
    std::string_view{"ssl.truststore.password"},
    std::string_view{"ssl.truststore.type"},
};
constexpr std::array per_broker_keys{
    std::string_view{"advertised.listeners"}, std::string_view{"cordoned.log.dirs"},
    std::string_view{"listener.security.protocol.map"}, std::string_view{"listeners"}};

constexpr std::array thread_keys{
    std::string_view{"background.threads"}, std::string_view{"num.io.threads"},
    std::string_view{"num.network.threads"}, std::string_view{"num.recovery.threads.per.data.dir"},
    std::string_view{"num.replica.fetchers"}};

std::string_view current_value(const ConfigDef& def, const BrokerConfigLayers& layers) {
    for (const ConfigMap* layer : {layers.broker, layers.default_broker, layers.static_broker}) {
        if (layer == nullptr) continue;
        const auto found = layer->find(std::string(def.name));
        if (found != layer->end()) return found->second;
    }
    return def.default_value.value_or("");
}

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (comma > 0) parts.push_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

// Threads may be doubled or halved at a time.
std::string check_threads(std::string_view key, int64_t before, int64_t after) {
    if (after == before || std::ranges::find(thread_keys, key) == thread_keys.end()) return {};
    std::string why;
    if (after <= 0)
        why = "value should be at least 1";
    else if (after < before / 2)
        why = fmt::format("value should be at least half the current value {}", before);
    else if (after > before * 2)
        why = fmt::format("value should not be greater than double the current value {}", before);
    if (why.empty()) return {};
    return fmt::format(
        "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update "
        "validation failed for {}={}, {} for configuration Invalid dynamic configuration",
        key, after, why);
}

std::string check_cleaner_threads(std::string_view key, int64_t before, int64_t after) {
    if (key != "log.cleaner.threads" || after == before) return {};
    std::string why;
    if (after < 1)
        why = "Log cleaner threads should be at least 1";
    else if (after < before / 2)
        why = fmt::format(
            "Log cleaner threads cannot be reduced to less than half the current value {}", before);
    else if (after > before * 2)
        why = fmt::format(
            "Log cleaner threads cannot be increased to more than double the current value {}",
            before);
    if (why.empty()) return {};
    return fmt::format(
        "Invalid value org.apache.kafka.common.config.ConfigException: {} for configuration "
        "Invalid dynamic configuration",
        why);
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
    if (std::ranges::find(client_match_keys, key) == client_match_keys.end()) return false;
    return RE2(pattern.substr(equals + 1), RE2::Quiet).ok();
}

// "a,,b": an element is missing.
}  // namespace

BrokerConfigLayers broker_layers(const MetadataImage& image, const ControllerSettings& settings) {
    const auto layer = [&](const std::string& name) -> const ConfigMap* {
        const auto configs = image.config(ConfigResourceType::broker, name);
        return configs ? configs.get() : nullptr;
    };
    return {layer(std::to_string(settings.node_id.value)), layer(""), &settings.static_configs};
}

bool is_cordoned(const DecideContext& context) {
    const BrokerConfigLayers layers = broker_layers(context.image, context.settings);
    const auto value_of = [&](std::string_view key) {
        const ConfigDef* def = find_broker_config(key);
        ASSERT(def != nullptr);
        return current_value(*def, layers);
    };
    const std::string_view list = value_of("cordoned.log.dirs");
    if (list.empty()) return false;
    const auto cordoned = parts_of(list);
    const auto& given = context.settings.static_configs;
    const bool has_list = given.contains("log.dirs") || !given.contains("log.dir");
    return list == "*" ||
           std::ranges::all_of(parts_of(value_of(has_list ? "log.dirs" : "log.dir")),
                               [&](std::string_view path) {
                                   return std::ranges::find(cordoned, path) != cordoned.end();
                               });
}

std::string check_broker_names(std::string_view broker, const std::vector<std::string>& names) {
    std::vector<std::string_view> fixed, of_listeners, of_one_broker;
    for (const std::string& name : names) {
        const ConfigDef* def = find_broker_config(name);
        const bool is_security = std::ranges::find(security_keys, name) != security_keys.end();
        const bool is_per_broker =
            is_security || std::ranges::find(per_broker_keys, name) != per_broker_keys.end();
        if (def != nullptr && def->read_only) fixed.push_back(name);
        if (is_security) of_listeners.push_back(name);
        if (is_per_broker && broker.empty()) of_one_broker.push_back(name);
    }
    if (!fixed.empty())
        return fmt::format("Cannot update these configs dynamically: [{}]", fmt::join(fixed, ", "));
    if (!of_listeners.empty())
        return fmt::format(
            "These security configs can be dynamically updated only per-listener using the "
            "listener prefix: [{}]",
            fmt::join(of_listeners, ", "));
    if (!of_one_broker.empty())
        return fmt::format(
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "[{}]",
            fmt::join(of_one_broker, ", "));
    return {};
}

// The cleaner's memory is divided among its threads.
std::string check_cleaner_memory(const ConfigMap& changed, const BrokerConfigLayers& layers) {
    const auto number = [&](const std::string& key) {
        const ConfigDef* def = find_broker_config(key);
        ASSERT(def != nullptr);
        const auto found = changed.find(key);
        return to_number(found == changed.end() ? current_value(*def, layers)
                                                : std::string_view(found->second));
    };
    const int64_t threads = std::max<int64_t>(number("log.cleaner.threads"), 1);
    if (number("log.cleaner.dedupe.buffer.size") / threads > 1024 * 1024) return {};
    return "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner "
           "thread.";
}

// group.share.assignment.interval.ms is bounded by group.share.max.assignment.interval.ms.
std::string check_group_setting(std::string_view key, int64_t number,
                                const BrokerConfigLayers& layers) {
    constexpr std::string_view prefix = "group.";
    if (!key.starts_with(prefix) || key.find('.', prefix.size()) == std::string_view::npos)
        return {};
    const std::string_view rest = key.substr(prefix.size());
    const ConfigDef* low = find_broker_config(bound_name(rest, "min"));
    if (low != nullptr && number < to_number(current_value(*low, layers)))
        return fmt::format("{} must be greater than or equal to {}", key, low->name);
    const ConfigDef* high = find_broker_config(bound_name(rest, "max"));
    if (high != nullptr && number > to_number(current_value(*high, layers)))
        return fmt::format("{} must be less than or equal to {}", key, high->name);
    return {};
}

// Directories that are to take no new partitions: some of those that there are.
std::string check_cordoned(std::string_view list, const BrokerConfigLayers& layers) {
    std::set<std::string_view> known;
    for (const std::string_view name : {"log.dirs", "log.dir"})
        if (const ConfigDef* def = find_broker_config(name))
            for (const std::string_view path : parts_of(current_value(*def, layers)))
                known.insert(path);
    const auto parts = parts_of(list);
    if (parts.size() > 1 && std::ranges::find(parts, "*") != parts.end())
        return "requirement failed: When cordoned.log.dirs is set to *, it must not contain other "
               "values";
    std::vector<std::string_view> missing;
    for (const std::string_view path : parts)
        if (path != "*" && !known.contains(path)) missing.push_back(path);
    if (missing.empty()) return {};
    return fmt::format(
        "requirement failed: All entries in cordoned.log.dirs must be present in log.dirs or "
        "log.dir. Missing entries : {}",
        fmt::join(missing, ", "));
}

std::string check_broker_value(const ConfigDef& def, std::string_view value) {
    if (auto why = check_gzip_level(def.name, value); !why.empty()) return why;
    if (auto why = check_gaps(def, value); !why.empty()) return why;
    return check_config_value(def, value);
}

std::string check_broker_rules(const DecideContext& context, const ConfigMap& changed) {
    const BrokerConfigLayers layers = broker_layers(context.image, context.settings);
    if (changed.contains("log.cleaner.threads") ||
        changed.contains("log.cleaner.dedupe.buffer.size"))
        if (auto why = check_cleaner_memory(changed, layers); !why.empty()) return why;
    for (const auto& [key, value] : changed) {
        const ConfigDef* def = find_broker_config(key);
        if (def == nullptr) continue;
        const int64_t number = to_number(value);
        // Anything negative means without end.
        if (key == "log.retention.ms" && number == 0)
            return "requirement failed: log.retention.ms must be unlimited (-1) or, greater than "
                   "or equal to 1";
        if (key == "log.roll.ms" && number < 1)
            return "requirement failed: log.roll.ms must be greater than or equal to 1";
        if (key == "log.roll.jitter.ms" && number < 0)
            return "requirement failed: log.roll.jitter.ms must be greater than or equal to 0";
        const int64_t current = to_number(current_value(*def, layers));
        if (auto why = check_threads(key, current, number); !why.empty()) return why;
        if (auto why = check_cleaner_threads(key, current, number); !why.empty()) return why;
        if (auto why = check_group_setting(key, number, layers); !why.empty()) return why;
        if (key == "max.connection.creation.rate" && number <= 0)
            return fmt::format(
                "Invalid value org.apache.kafka.common.config.ConfigException: Invalid {} {} for "
                "configuration Invalid dynamic configuration",
                key, number);
        if (key == "cordoned.log.dirs")
            if (auto why = check_cordoned(value, layers); !why.empty()) return why;
    }
    return {};
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
        if (auto why = check_share_offset_reset(key, value); !why.empty()) return why;
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

ItemError check_metrics_interval(std::string_view value) {
    constexpr int32_t interval_ms_min = 100, interval_ms_max = 3'600'000;
    const auto interval = config_number<int32_t>(value);
    if (!interval)
        return {ErrorCode::invalid_config,
                fmt::format("Invalid value {} for configuration interval.ms: Not a number of type "
                            "INT",
                            value)};
    if (*interval >= interval_ms_min && *interval <= interval_ms_max) return {};
    return {ErrorCode::invalid_request,
            fmt::format("Invalid value {} for interval.ms, interval must be between {} and {} (1 "
                        "hour)",
                        *interval, interval_ms_min, interval_ms_max)};
}

ItemError check_client_metrics_configs(const ConfigMap& configs) {
    for (const auto& [key, value] : configs) {
        const auto elements = elements_of(value);
        const bool is_list = key == "metrics" || key == "match";
        if (!is_list && key != "interval.ms")
            return {ErrorCode::invalid_request,
                    fmt::format("Unknown client metrics configuration: {}", key)};
        if (is_list && std::ranges::find(elements, "") != elements.end())
            return {ErrorCode::invalid_config, refuse_gap(key)};
        if (key == "interval.ms")
            if (auto refusal = check_metrics_interval(value); refusal.code != ErrorCode::none)
                return refusal;
        if (key != "match") continue;
        for (const auto element : elements)
            if (!is_client_match(element))
                return {ErrorCode::invalid_config,
                        fmt::format("Illegal client matching pattern: {}", element)};
    }
    return {};
}

}  // namespace barnabas::cluster
