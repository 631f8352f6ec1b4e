// SPDX-License-Identifier: Apache-2.0
#include "broker/handlers/config_view.h"

#include <algorithm>
#include <array>
#include <span>

namespace barnabas::broker {
namespace {

using cluster::BrokerConfigLayers;
using cluster::ConfigDef;
using cluster::ConfigMap;
using cluster::ConfigSource;

// Settings with several names, the one that wins first.
constexpr std::array retention_names{std::string_view("log.retention.ms"),
                                     std::string_view("log.retention.minutes"),
                                     std::string_view("log.retention.hours")};
constexpr std::array roll_names{std::string_view("log.roll.ms"),
                                std::string_view("log.roll.hours")};
constexpr std::array jitter_names{std::string_view("log.roll.jitter.ms"),
                                  std::string_view("log.roll.jitter.hours")};
constexpr std::array flush_names{std::string_view("log.flush.interval.ms"),
                                 std::string_view("log.flush.scheduler.interval.ms")};

std::span<const std::string_view> names_of(const std::string_view& name) {
    for (const std::span<const std::string_view> names :
         {std::span<const std::string_view>(retention_names),
          {roll_names},
          {jitter_names},
          {flush_names}})
        if (std::ranges::find(names, name) != names.end()) return names;
    return {&name, 1};
}

void add_layer(const ConfigMap* map, ConfigSource source, std::string_view broker_name,
               std::vector<ConfigLayerValue>& layers) {
    if (!map) return;
    for (const std::string_view name : names_of(broker_name)) {
        const auto found = map->find(std::string(name));
        if (found != map->end())
            layers.push_back({found->first, found->second, static_cast<int8_t>(source)});
    }
}

void add_defaults(std::string_view broker_name, std::vector<ConfigLayerValue>& layers) {
    for (const std::string_view name : names_of(broker_name)) {
        const ConfigDef* def = cluster::find_broker_config(name);
        if (!def || !def->default_value) continue;
        layers.push_back({std::string(name), std::string(*def->default_value),
                          static_cast<int8_t>(ConfigSource::default_value)});
    }
}

void add_broker_layers(std::string_view broker_name, const BrokerConfigLayers& from,
                       std::vector<ConfigLayerValue>& layers) {
    add_layer(from.broker, ConfigSource::broker, broker_name, layers);
    add_layer(from.default_broker, ConfigSource::default_broker, broker_name, layers);
    add_layer(from.static_broker, ConfigSource::static_broker, broker_name, layers);
    add_defaults(broker_name, layers);
}

void hide_values(ConfigView& view) {
    view.value.reset();
    for (auto& layer : view.layers) layer.value.clear();
}

}  // namespace

ConfigView view_resource_config(const ConfigDef& def, const std::string* own, int8_t own_source,
                                const BrokerConfigLayers& from) {
    ConfigView view;
    if (own) view.layers.push_back({std::string(def.name), *own, own_source});
    if (!def.broker_synonym.empty()) add_broker_layers(def.broker_synonym, from, view.layers);
    if (!view.layers.empty()) view.source = view.layers.front().source;
    const cluster::EffectiveConfig effective = cluster::effective_topic_config(def, nullptr, from);
    view.value = own ? *own : effective.value;
    if (def.sensitive) hide_values(view);
    return view;
}

ConfigView view_broker_config(const ConfigDef& def, const BrokerConfigLayers& from) {
    ConfigView view;
    view.read_only = def.read_only;
    add_broker_layers(def.name, from, view.layers);
    // Other names count only beneath the one that was asked for.
    const auto own = std::ranges::find(view.layers, def.name, &ConfigLayerValue::name);
    view.layers.erase(view.layers.begin(), own);
    if (!view.layers.empty()) {
        view.source = view.layers.front().source;
        view.value = view.layers.front().value;
    }
    if (def.sensitive) hide_values(view);
    return view;
}

}  // namespace barnabas::broker
