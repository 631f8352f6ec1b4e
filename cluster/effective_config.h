// SPDX-License-Identifier: Apache-2.0
// What a topic's config is in effect, and where it comes from: topic > this broker > all brokers >
// server.properties > default (pitfall A05). Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cluster/config/config_def.h"
#include "cluster/metadata_image.h"

namespace barnabas::cluster {

// Numbers are those of DescribeConfigs' and CreateTopics' ConfigSource.
enum class ConfigSource : int8_t {
    unknown = 0,
    topic = 1,
    broker = 2,
    default_broker = 3,
    static_broker = 4,
    default_value = 5,
};

struct EffectiveConfig {
    std::string value;
    ConfigSource source = ConfigSource::default_value;
};

// Settings of the broker that a topic's config may fall back to.
struct BrokerConfigLayers {
    const ConfigMap* broker = nullptr;          // dynamic, of this broker; null: none
    const ConfigMap* default_broker = nullptr;  // dynamic, of all brokers
    const ConfigMap* static_broker = nullptr;   // server.properties
};

// `overrides` are the topic's own (null: none). A config without a default is given as "".
EffectiveConfig effective_topic_config(const ConfigDef& def, const ConfigMap* overrides,
                                       const BrokerConfigLayers& layers);

}  // namespace barnabas::cluster
