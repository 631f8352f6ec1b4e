// SPDX-License-Identifier: Apache-2.0
// See config_output.h.
#include "cli/tools/config_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr int8_t topic_source = 1, broker_source = 2, broker_default_source = 3, logger_source = 6,
                 metrics_source = 7, group_source = 8;

std::string_view source_name(int8_t source) {
    constexpr std::string_view names[] = {"UNKNOWN",
                                          "DYNAMIC_TOPIC_CONFIG",
                                          "DYNAMIC_BROKER_CONFIG",
                                          "DYNAMIC_DEFAULT_BROKER_CONFIG",
                                          "STATIC_BROKER_CONFIG",
                                          "DEFAULT_CONFIG",
                                          "DYNAMIC_BROKER_LOGGER_CONFIG",
                                          "DYNAMIC_CLIENT_METRICS_CONFIG",
                                          "DYNAMIC_GROUP_CONFIG"};
    return source >= 0 && static_cast<size_t>(source) < std::size(names)
               ? names[static_cast<size_t>(source)]
               : names[0];
}

// The source that a setting of the entity itself has.
int8_t own_source(std::string_view one, const std::string& name) {
    if (one == "topic") return topic_source;
    if (one == "broker") return name.empty() ? broker_default_source : broker_source;
    if (one == "broker-logger") return logger_source;
    if (one == "client-metric") return metrics_source;
    return group_source;
}

}  // namespace

ConfigText config_text(
    const protocol::describe_configs_response_types::DescribeConfigsResourceResult& config) {
    ConfigText text{config.name.str(),
                    config.value ? config.value->str() : "null",
                    config.config_source,
                    config.is_sensitive,
                    {}};
    for (const auto& synonym : config.synonyms)
        text.synonyms.push_back(fmt::format("{}:{}={}", source_name(synonym.source),
                                            synonym.name.view(),
                                            synonym.value ? synonym.value->view() : "null"));
    return text;
}

std::string describe_configs(std::string_view one, const std::string& name,
                             std::vector<ConfigText> configs, bool all) {
    std::string text;
    if (name.empty() && one == "broker")
        text = "Default configs for brokers in the cluster are:\n";
    else
        text = fmt::format("{} configs for {} {} are:\n", all ? "All" : "Dynamic", one, name);
    std::ranges::sort(configs, {}, &ConfigText::name);
    const int8_t own = own_source(one, name);
    for (const auto& config : configs)
        if (all || config.source == own)
            text += fmt::format("  {}={} sensitive={} synonyms={{{}}}\n", config.name, config.value,
                                config.sensitive, fmt::join(config.synonyms, ", "));
    return text;
}

std::vector<std::pair<std::string, std::string>> parse_changes(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> changes;
    while (!text.empty()) {
        const auto equals = text.find('=');
        const auto key = text.substr(0, equals);
        const auto blank = key.find_first_not_of(' ');
        if (equals == std::string_view::npos || blank == std::string_view::npos ||
            key.find(',') != std::string_view::npos)
            throw UsageFailure(
                "requirement failed: Invalid entity config: all configs to be added must "
                "be in the format \"key=val\" or  \"key=[val1,val2]\" to group values "
                "which contain commas.");
        text.remove_prefix(equals + 1);
        size_t end = std::min(text.find(','), text.size());
        std::string_view value = text.substr(0, end);
        if (text.starts_with('['))
            if (const auto close = text.find(']'); close != std::string_view::npos) {
                value = text.substr(1, close - 1);
                end = close + 1;
            }
        changes.emplace_back(key.substr(blank), value);
        text.remove_prefix(std::min(text.size(), end));
        if (text.starts_with(',')) text.remove_prefix(1);
    }
    return changes;
}

}  // namespace barnabas::cli
