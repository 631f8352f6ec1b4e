// SPDX-License-Identifier: Apache-2.0
// What several handlers tell clients of the metadata image: where brokers can be reached on the
// listener that was used, which replicas are offline, what a caller may do. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

// The bits of AclOperation that apply to the resource: what everybody may do while no authorizer is
// configured.
inline constexpr int32_t topic_operations_all = 3576;
inline constexpr int32_t cluster_operations_all = 8096;
inline constexpr int32_t group_operations_all = 3400;

// Where clients of `listener` reach the broker; null if they cannot.
const cluster::BrokerEndpoint* find_endpoint(const cluster::BrokerImage& broker,
                                             std::string_view listener);

// Where clients of `listener` reach broker `id`; null if it is not there or fenced.
const cluster::BrokerEndpoint* find_live_endpoint(const cluster::MetadataImage& image, BrokerId id,
                                                  std::string_view listener);

struct PartitionView {
    ErrorCode error = ErrorCode::none;
    BrokerId leader = broker_id_none;
    std::vector<BrokerId> offline_replicas;
};
// A partition as clients of `listener` see it: a leader that they cannot reach is none.
PartitionView view_partition(const cluster::MetadataImage& image,
                             const cluster::PartitionImage& partition, std::string_view listener);

}  // namespace barnabas::broker
