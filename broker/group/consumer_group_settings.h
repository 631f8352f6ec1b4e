// SPDX-License-Identifier: Apache-2.0
// The settings of consumer groups, from the broker's configuration and from a group's own
// (IncrementalAlterConfigs on GROUP resources). Pure functions.
#pragma once

#include <string>

#include "broker/broker_config.h"
#include "broker/group/consumer_group_types.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

ConsumerGroupLimits consumer_limits_of(const BrokerConfig& config);

// A group's own values count within the broker's limits.
ConsumerGroupSettings consumer_settings_of(const BrokerConfig& config,
                                           const cluster::MetadataImage& image,
                                           const std::string& group);

}  // namespace barnabas::broker
