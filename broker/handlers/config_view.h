// SPDX-License-Identifier: Apache-2.0
// Where a config's value comes from, as DescribeConfigs tells it: the value in effect, its source
// and all layers beneath (synonyms). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/config_def.h"
#include "cluster/effective_config.h"

namespace barnabas::broker {

// DescribeConfigs' sources beyond those of topics.
inline constexpr int8_t source_broker_logger = 6;
inline constexpr int8_t source_client_metrics = 7;
inline constexpr int8_t source_group = 8;

struct ConfigLayerValue {
    std::string name;
    std::string value;
    int8_t source = 0;
};

struct ConfigView {
    std::optional<std::string> value;  // none: null (unset, or not to be shown)
    int8_t source = static_cast<int8_t>(cluster::ConfigSource::default_value);
    bool read_only = false;
    // From the one in effect down.
    std::vector<ConfigLayerValue> layers;
};

// A topic's config: its own value if `own` is set, else what the broker's settings say.
ConfigView view_topic_config(const cluster::ConfigDef& def, const std::string* own,
                             const cluster::BrokerConfigLayers& layers);
// A group's config; the broker's setting is called "group." and the config's name, if there is one.
ConfigView view_group_config(const cluster::ConfigDef& def, const std::string* own,
                             const cluster::BrokerConfigLayers& layers);
// A config with nothing beneath it but its default.
ConfigView view_lone_config(const cluster::ConfigDef& def, const std::string* own,
                            int8_t own_source);
// A broker's config.
ConfigView view_broker_config(const cluster::ConfigDef& def,
                              const cluster::BrokerConfigLayers& layers);

}  // namespace barnabas::broker
