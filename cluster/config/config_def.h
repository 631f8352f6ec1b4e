// SPDX-License-Identifier: Apache-2.0
// ConfigDef: one row of the config tables (broker_configs.cc, topic_configs.cc): name, type,
// default, allowed values, documentation. Parsing, validation, DescribeConfigs and
// docs/CONFIGURATION.md all come from these rows.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace barnabas::cluster {

// Numbers are those of DescribeConfigs' ConfigType (KIP-569).
enum class ConfigType : int8_t {
    boolean = 1,
    string = 2,
    int32 = 3,
    int16 = 4,
    int64 = 5,
    float64 = 6,
    list = 7,
    class_name = 8,
    password = 9,
};

struct ConfigDef {
    std::string_view name;
    ConfigType type = ConfigType::string;
    // nullopt: null by default.
    std::optional<std::string_view> default_value;
    std::string_view documentation;
    // Inclusive range of numbers; min > max means no limit, an infinite max none at the top.
    double min = 1;
    double max = 0;
    // Comma-separated allowed values of strings and list elements; empty: anything.
    std::string_view allowed = {};
    bool read_only = false;  // broker configs that cannot change while running
    bool sensitive = false;
    // Topic configs: the broker config it falls back to ("log.retention.ms"); others: empty.
    std::string_view broker_synonym = {};
};

std::span<const ConfigDef> topic_config_defs();
std::span<const ConfigDef> broker_config_defs();
std::span<const ConfigDef> group_config_defs();
const ConfigDef* find_topic_config(std::string_view name);
const ConfigDef* find_broker_config(std::string_view name);

const ConfigDef* find_group_config(std::string_view name);

// "LONG", "BOOLEAN": Kafka's names, as its error messages use them.
std::string_view config_type_name(ConfigType type);
// Empty when `value` is allowed, else a sentence that names key, value and what is allowed.
std::string check_config_value(const ConfigDef& def, std::string_view value);

}  // namespace barnabas::cluster
