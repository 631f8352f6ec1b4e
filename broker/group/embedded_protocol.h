// SPDX-License-Identifier: Apache-2.0
// The consumer protocol that classic members embed in JoinGroup and SyncGroup: subscriptions and
// assignments, by topic name. Pure functions between its bytes and partitions by topic id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/consumer_group_types.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

using NamedPartitions = std::vector<std::pair<std::string, PartitionIndex>>;

struct EmbeddedSubscription {
    std::vector<std::string> topics{};  // sorted, without repetition
    std::optional<std::string> rack_id{};
    NamedPartitions owned{};
};
// Nothing for bytes that are no subscription.
std::optional<EmbeddedSubscription> read_subscription(const std::vector<uint8_t>& metadata);

struct EmbeddedAssignment {
    NamedPartitions partitions{};
    bool has_user_data = false;  // an assignor of the application's own put it there
};
// Nothing for bytes that are no assignment; no bytes are no partitions.
std::optional<EmbeddedAssignment> read_assignment(const std::vector<uint8_t>& bytes);

// Sorted; topics that do not exist are left out.
PartitionSet to_partition_set(const NamedPartitions& named, const cluster::MetadataImage& image);

// An assignment in the version of the member's subscription; topics that do not exist are left out.
std::vector<uint8_t> make_assignment(const PartitionSet& partitions,
                                     const std::vector<uint8_t>& subscription,
                                     const cluster::MetadataImage& image);

}  // namespace barnabas::broker
