// SPDX-License-Identifier: Apache-2.0
// Layers of topic configs. Four settings have older names in coarser units, which count where the
// exact one is not set.
#include "cluster/effective_config.h"

#include <array>

#include "cluster/config/config_number.h"

namespace barnabas::cluster {

namespace {

struct CoarseName {
    std::string_view exact;
    std::string_view coarse;
    int64_t unit_ms;
};
constexpr int64_t minute_ms = 60'000;
constexpr int64_t hour_ms = 3'600'000;
constexpr std::array coarse_names{
    CoarseName{"log.retention.ms", "log.retention.minutes", minute_ms},
    CoarseName{"log.retention.ms", "log.retention.hours", hour_ms},
    CoarseName{"log.roll.ms", "log.roll.hours", hour_ms},
    CoarseName{"log.roll.jitter.ms", "log.roll.jitter.hours", hour_ms},
};

const std::string* find(const ConfigMap& map, std::string_view name) {
    const auto found = map.find(std::string(name));
    return found == map.end() ? nullptr : &found->second;
}

std::string to_ms(const std::string& value, int64_t unit_ms) {
    const int64_t number = config_number<int64_t>(value).value_or(0);
    return std::to_string(number < 0 ? number : number * unit_ms);
}

// The value of a broker config or of one of its coarser names.
std::optional<std::string> find_in_layer(const ConfigMap* layer, std::string_view name) {
    if (layer == nullptr || name.empty()) return std::nullopt;
    if (const std::string* exact = find(*layer, name)) return *exact;
    for (const CoarseName& other : coarse_names) {
        if (other.exact != name) continue;
        if (const std::string* coarse = find(*layer, other.coarse))
            return to_ms(*coarse, other.unit_ms);
    }
    return std::nullopt;
}

}  // namespace

EffectiveConfig effective_topic_config(const ConfigDef& def, const ConfigMap* overrides,
                                       const BrokerConfigLayers& layers) {
    if (overrides != nullptr)
        if (const std::string* own = find(*overrides, def.name)) return {*own, ConfigSource::topic};
    if (auto value = find_in_layer(layers.broker, def.broker_synonym))
        return {std::move(*value), ConfigSource::broker};
    if (auto value = find_in_layer(layers.default_broker, def.broker_synonym))
        return {std::move(*value), ConfigSource::default_broker};
    if (auto value = find_in_layer(layers.static_broker, def.broker_synonym))
        return {std::move(*value), ConfigSource::static_broker};
    return {std::string(def.default_value.value_or("")), ConfigSource::default_value};
}

}  // namespace barnabas::cluster
