// SPDX-License-Identifier: Apache-2.0
// The layers of a config, from the one in effect down, with the older names that some settings
// have.
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
    std::vector<ConfigLayerValue> added;
    add_layer(from.broker, ConfigSource::broker, broker_name, added);
    add_layer(from.default_broker, ConfigSource::default_broker, broker_name, added);
    add_layer(from.static_broker, ConfigSource::static_broker, broker_name, added);
    add_defaults(broker_name, added);
    // Other names are told only beneath the one that was asked for, as Kafka does: not at all if it
    // is not set, although they count.
    const auto own = std::ranges::find(added, broker_name, &ConfigLayerValue::name);
    std::ranges::move(own, added.end(), std::back_inserter(layers));
}

void hide_values(ConfigView& view) {
    view.value.reset();
    for (auto& layer : view.layers) layer.value.clear();
}

}  // namespace

ConfigView view_topic_config(const ConfigDef& def, const std::string* own,
                             const BrokerConfigLayers& from) {
    ConfigView view = view_lone_config(def, own, static_cast<int8_t>(ConfigSource::topic));
    if (!def.broker_synonym.empty()) add_broker_layers(def.broker_synonym, from, view.layers);
    if (!view.layers.empty()) view.source = view.layers.front().source;
    if (!own) view.value = cluster::effective_topic_config(def, nullptr, from).value;
    if (def.sensitive) hide_values(view);
    return view;
}

ConfigView view_group_config(const ConfigDef& def, const std::string* own,
                             const BrokerConfigLayers& from) {
    ConfigView view = view_lone_config(def, own, source_group);
    const std::string broker_name = "group." + std::string(def.name);
    if (cluster::find_broker_config(broker_name))
        add_broker_layers(broker_name, from, view.layers);
    else if (def.default_value)
        view.layers.push_back({std::string(def.name), std::string(*def.default_value),
                               static_cast<int8_t>(ConfigSource::default_value)});
    if (view.layers.empty()) return view;
    view.source = view.layers.front().source;
    view.value = view.layers.front().value;
    return view;
}

ConfigView view_lone_config(const ConfigDef& def, const std::string* own, int8_t own_source) {
    ConfigView view;
    if (own) {
        view.layers.push_back({std::string(def.name), *own, own_source});
        view.source = own_source;
        view.value = *own;
    } else if (def.default_value) {
        view.value = std::string(*def.default_value);
    }
    return view;
}

ConfigView view_broker_config(const ConfigDef& def, const BrokerConfigLayers& from) {
    ConfigView view;
    view.read_only = def.read_only;
    add_broker_layers(def.name, from, view.layers);
    if (!view.layers.empty()) {
        view.source = view.layers.front().source;
        view.value = view.layers.front().value;
    }
    if (def.sensitive) hide_values(view);
    return view;
}

}  // namespace barnabas::broker
