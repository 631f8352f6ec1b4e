// SPDX-License-Identifier: Apache-2.0
// Look-up and validation of configs against their rows. Error sentences follow Kafka's form,
// because clients show them to people ("Invalid value x for configuration y: ...").
#include "cluster/config/config_def.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "cluster/config/config_number.h"

namespace barnabas::cluster {

namespace {

const ConfigDef* find_in(std::span<const ConfigDef> rows, std::string_view name) {
    const auto found = std::ranges::lower_bound(rows, name, {}, &ConfigDef::name);
    return found != rows.end() && found->name == name ? &*found : nullptr;
}

bool listed(std::string_view allowed, std::string_view value) {
    while (!allowed.empty()) {
        const auto comma = std::min(allowed.find(','), allowed.size());
        if (allowed.substr(0, comma) == value) return true;
        allowed.remove_prefix(std::min(comma + 1, allowed.size()));
    }
    return false;
}

bool is_number(ConfigType type) {
    return type == ConfigType::int16 || type == ConfigType::int32 || type == ConfigType::int64 ||
           type == ConfigType::float64;
}

bool parses(ConfigType type, std::string_view text) {
    switch (type) {
        case ConfigType::int16:
            return config_number<int16_t>(text).has_value();
        case ConfigType::int32:
            return config_number<int32_t>(text).has_value();
        case ConfigType::int64:
            return config_number<int64_t>(text).has_value();
        case ConfigType::float64:
            return config_number<double>(text).has_value();
        default:
            return true;
    }
}

std::string invalid(const ConfigDef& def, std::string_view value, std::string_view why) {
    return fmt::format("Invalid value {} for configuration {}: {}", value, def.name, why);
}

// As Java writes a double: 1000.0, 2.147483647E9, NaN.
std::string java_double(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    if (number == 0 || (std::abs(number) >= 1e-3 && std::abs(number) < 1e7)) {
        const std::string digits = fmt::format("{}", number);
        return digits.contains('.') ? digits : digits + ".0";
    }
    std::string digits = fmt::format("{:e}", number);
    // The shortest digits that mean the number.
    for (int precision = 0; precision < 17; ++precision) {
        digits = fmt::format("{:.{}e}", number, precision);
        if (config_number<double>(digits) == number) break;
    }
    const size_t at = digits.find('e');
    std::string mantissa = digits.substr(0, at);
    if (!mantissa.contains('.')) mantissa += ".0";
    const auto exponent = config_number<int>(std::string_view(digits).substr(at + 1));
    return fmt::format("{}E{}", mantissa, exponent.value_or(0));
}

std::string check_number(const ConfigDef& def, std::string_view text) {
    if (!parses(def.type, text))
        return invalid(def, text,
                       fmt::format("Not a number of type {}", config_type_name(def.type)));
    if (def.min > def.max) return {};
    const double number = config_number<double>(text).value_or(0);
    // Refused as it was understood.
    const std::string value = def.type == ConfigType::float64
                                  ? java_double(number)
                                  : std::to_string(config_number<int64_t>(text).value_or(0));
    if (number < def.min)
        return invalid(def, value, fmt::format("Value must be at least {}", def.min));
    if (number > def.max)
        return invalid(def, value, fmt::format("Value must be no more than {}", def.max));
    return {};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string spaced(std::string_view allowed) {
    std::string result;
    for (const char c : allowed) {
        result += c;
        if (c == ',') result += ' ';
    }
    return result;
}

std::string check_list(const ConfigDef& def, std::string_view value) {
    while (!def.allowed.empty() && !value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        const auto element = trim_config(value.substr(0, comma));
        if (!listed(def.allowed, element))
            return invalid(def, element,
                           fmt::format("String must be one of: {}", spaced(def.allowed)));
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return {};
}

}  // namespace

const ConfigDef* find_topic_config(std::string_view name) {
    return find_in(topic_config_defs(), name);
}
const ConfigDef* find_broker_config(std::string_view name) {
    return find_in(broker_config_defs(), name);
}
const ConfigDef* find_group_config(std::string_view name) {
    return find_in(group_config_defs(), name);
}

std::string_view config_type_name(ConfigType type) {
    switch (type) {
        case ConfigType::boolean:
            return "BOOLEAN";
        case ConfigType::string:
            return "STRING";
        case ConfigType::int32:
            return "INT";
        case ConfigType::int16:
            return "SHORT";
        case ConfigType::int64:
            return "LONG";
        case ConfigType::float64:
            return "DOUBLE";
        case ConfigType::list:
            return "LIST";
        case ConfigType::class_name:
            return "CLASS";
        case ConfigType::password:
            return "PASSWORD";
    }
    return "STRING";
}

std::string check_config_value(const ConfigDef& def, std::string_view raw) {
    const std::string_view value = trim_config(raw);
    if (is_number(def.type)) return check_number(def, raw);
    if (def.type == ConfigType::boolean)
        return equals_ignoring_case(value, "true") || equals_ignoring_case(value, "false")
                   ? std::string{}
                   : invalid(def, raw, "Expected value to be either true or false");
    if (def.type == ConfigType::list) return check_list(def, value);
    if (!def.allowed.empty() && !listed(def.allowed, value))
        return invalid(def, value, fmt::format("String must be one of: {}", spaced(def.allowed)));
    return {};
}

}  // namespace barnabas::cluster
