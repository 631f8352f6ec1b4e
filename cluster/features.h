// SPDX-License-Identifier: Apache-2.0
// The features (KIP-584) that this program supports, and the levels that a new cluster starts with.
// Read by registration, bootstrap and ApiVersions. Constants only.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "cluster/metadata_record.h"

namespace barnabas::cluster {

struct SupportedFeature {
    std::string_view name;
    int16_t min = 0;
    int16_t max = 0;
};

// Sorted by name. A new cluster is finalized at `max` of each.
inline constexpr std::array supported_features{
    SupportedFeature{"eligible.leader.replicas.version", 0, 1},
    SupportedFeature{"group.version", 0, 1},
    SupportedFeature{"kraft.version", 0, 1},
    SupportedFeature{"metadata.version", metadata_version_min, metadata_version_max},
    SupportedFeature{"share.version", 0, 1},
    SupportedFeature{"streams.version", 0, 1},
    SupportedFeature{"transaction.version", 0, 2},
};

}  // namespace barnabas::cluster
