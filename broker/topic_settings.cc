// SPDX-License-Identifier: Apache-2.0
// What was set while brokers ran counts as if the topic had it, unless the topic has its own.
#include "broker/topic_settings.h"

#include "cluster/effective_config.h"

namespace barnabas::broker {

storage::LogConfig effective_log_config(const BrokerConfig& broker, const std::string& topic,
                                        const cluster::MetadataImage& image) {
    using cluster::ConfigResourceType;
    using cluster::ConfigSource;
    const auto overrides = image.config(ConfigResourceType::topic, topic);
    const auto own = image.config(ConfigResourceType::broker, std::to_string(broker.node_id.value));
    const auto all = image.config(ConfigResourceType::broker, "");
    if (!own && !all) return make_log_config(broker, overrides.get());
    const cluster::BrokerConfigLayers layers{own.get(), all.get(), &broker.given};
    cluster::ConfigMap settings;
    for (const cluster::ConfigDef& def : cluster::topic_config_defs()) {
        auto effective = cluster::effective_topic_config(def, overrides.get(), layers);
        if (effective.source != ConfigSource::static_broker &&
            effective.source != ConfigSource::default_value)
            settings.emplace(def.name, std::move(effective.value));
    }
    return make_log_config(broker, &settings);
}

storage::LogCleanerOptions effective_cleaner_options(const BrokerConfig& broker,
                                                     const cluster::MetadataImage& image) {
    using cluster::ConfigResourceType;
    const auto own = image.config(ConfigResourceType::broker, std::to_string(broker.node_id.value));
    const auto all = image.config(ConfigResourceType::broker, "");
    return make_cleaner_options(broker, layered_broker_settings(own.get(), all.get()));
}

}  // namespace barnabas::broker
