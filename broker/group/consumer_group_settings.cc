// SPDX-License-Identifier: Apache-2.0
// Own value, else the broker's; between the broker's minimum and maximum.
#include "broker/group/consumer_group_settings.h"

#include <algorithm>
#include <sstream>

#include "cluster/config/config_number.h"

namespace barnabas::broker {
namespace {

int32_t number_of(const cluster::ConfigMap& configs, const char* name, int32_t fallback) {
    const auto found = configs.find(name);
    if (found == configs.end()) return fallback;
    return cluster::config_number<int32_t>(found->second).value_or(fallback);
}

int32_t between(int32_t value, int32_t low, int32_t high) {
    return std::max(low, std::min(value, high));
}

}  // namespace

ConsumerGroupLimits consumer_limits_of(const BrokerConfig& config) {
    ConsumerGroupLimits limits{.assignors = {},
                               .members_max = config.group_consumer_max_size,
                               .classic_members_max = config.group_max_size};
    std::stringstream names(config.group_consumer_assignors);
    for (std::string name; std::getline(names, name, ',');) {
        std::erase(name, ' ');
        if (!name.empty()) limits.assignors.push_back(name);
    }
    if (limits.assignors.empty()) limits.assignors.emplace_back("uniform");
    std::string policy = config.group_consumer_migration_policy;
    std::ranges::transform(policy, policy.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    limits.migration = {.upgrade = policy == "bidirectional" || policy == "upgrade",
                        .downgrade = policy == "bidirectional" || policy == "downgrade"};
    return limits;
}

ConsumerGroupSettings consumer_settings_of(const BrokerConfig& config,
                                           const cluster::MetadataImage& image,
                                           const std::string& group) {
    ConsumerGroupSettings settings{
        .session_timeout_ms = config.group_consumer_session_timeout_ms,
        .heartbeat_interval_ms = config.group_consumer_heartbeat_interval_ms,
        .assignment_interval_ms = config.group_consumer_assignment_interval_ms};
    const auto own = image.config(cluster::ConfigResourceType::group, group);
    if (!own) return settings;
    settings.session_timeout_ms = between(
        number_of(*own, "consumer.session.timeout.ms", settings.session_timeout_ms),
        config.group_consumer_min_session_timeout_ms, config.group_consumer_max_session_timeout_ms);
    settings.heartbeat_interval_ms =
        between(number_of(*own, "consumer.heartbeat.interval.ms", settings.heartbeat_interval_ms),
                config.group_consumer_min_heartbeat_interval_ms,
                config.group_consumer_max_heartbeat_interval_ms);
    settings.assignment_interval_ms =
        between(number_of(*own, "consumer.assignment.interval.ms", settings.assignment_interval_ms),
                config.group_consumer_min_assignment_interval_ms,
                config.group_consumer_max_assignment_interval_ms);
    return settings;
}

}  // namespace barnabas::broker
