// SPDX-License-Identifier: Apache-2.0
// What is set for the log directories while the broker runs: which of them are cordoned (KIP-1066),
// and how fast logs may move between them. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "broker/broker_config.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

struct LogDirSettings {
    std::set<std::string> cordoned;
    int64_t move_bytes_per_second = std::numeric_limits<int64_t>::max();
};

LogDirSettings log_dir_settings(const BrokerConfig& broker, const cluster::MetadataImage& image);

}  // namespace barnabas::broker
