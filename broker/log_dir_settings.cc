// SPDX-License-Identifier: Apache-2.0
// Reads the settings from this broker's configs, those of all brokers, and server.properties.
#include "broker/log_dir_settings.h"

#include <algorithm>
#include <string_view>

#include "cluster/config/config_number.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;

constexpr std::string_view rate_key = "replica.alter.log.dirs.io.max.bytes.per.second";

std::string value_of(std::string_view key, const BrokerConfig& broker,
                     const cluster::MetadataImage& image) {
    for (const std::string& name : {std::to_string(broker.node_id.value), std::string()}) {
        const auto configs = image.config(ConfigResourceType::broker, name);
        if (!configs) continue;
        const auto found = configs->find(std::string(key));
        if (found != configs->end()) return found->second;
    }
    const auto given = broker.given.find(std::string(key));
    return given == broker.given.end() ? std::string() : given->second;
}

}  // namespace

LogDirSettings log_dir_settings(const BrokerConfig& broker, const cluster::MetadataImage& image) {
    LogDirSettings settings;
    std::string list = value_of("cordoned.log.dirs", broker, image);
    if (list == "*") settings.cordoned.insert(broker.log_dirs.begin(), broker.log_dirs.end());
    for (std::string_view rest = list; !rest.empty();) {
        const size_t comma = std::min(rest.find(','), rest.size());
        settings.cordoned.emplace(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    const auto rate = cluster::config_number<int64_t>(value_of(rate_key, broker, image));
    if (rate && *rate > 0) settings.move_bytes_per_second = *rate;
    return settings;
}

}  // namespace barnabas::broker
