// SPDX-License-Identifier: Apache-2.0
// Row: how the config tables are written down, one readable line each. Only the tables include it.
#pragma once

#include "cluster/config/config_def.h"

namespace barnabas::cluster {

struct Row : ConfigDef {
    constexpr Row at_least(double limit) const {
        Row result = *this;
        result.min = limit;
        result.max = std::numeric_limits<double>::infinity();
        return result;
    }
    constexpr Row between(double low, double high) const {
        Row result = *this;
        result.min = low;
        result.max = high;
        return result;
    }
    constexpr Row one_of(std::string_view values) const {
        Row result = *this;
        result.allowed = values;
        return result;
    }
    // Cannot change while the broker runs.
    constexpr Row fixed() const {
        Row result = *this;
        result.read_only = true;
        return result;
    }
    constexpr Row falls_back_to(std::string_view broker_config) const {
        Row result = *this;
        result.broker_synonym = broker_config;
        return result;
    }
    constexpr Row says(std::string_view text) const {
        Row result = *this;
        result.documentation = text;
        return result;
    }
};

constexpr Row row(std::string_view name, ConfigType type,
                  std::optional<std::string_view> default_value = std::nullopt) {
    Row result;
    result.name = name;
    result.type = type;
    result.default_value = default_value;
    result.sensitive = type == ConfigType::password;
    return result;
}

}  // namespace barnabas::cluster
