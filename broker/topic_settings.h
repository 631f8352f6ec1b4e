// SPDX-License-Identifier: Apache-2.0
// The settings of a topic's logs, and of compaction, as they are in effect: the topic's own, those
// that were given to this broker and to all brokers while they ran, server.properties, defaults
// (pitfall A05). Pure.
#pragma once

#include <string>

#include "broker/broker_config.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

storage::LogConfig effective_log_config(const BrokerConfig& broker, const std::string& topic,
                                        const cluster::MetadataImage& image);
storage::LogCleanerOptions effective_cleaner_options(const BrokerConfig& broker,
                                                     const cluster::MetadataImage& image);

}  // namespace barnabas::broker
