// SPDX-License-Identifier: Apache-2.0
// What the image says of brokers and partitions, seen from one listener.
#include "broker/handlers/metadata_view.h"

#include <algorithm>

namespace barnabas::broker {

const cluster::BrokerEndpoint* find_endpoint(const cluster::BrokerImage& broker,
                                             std::string_view listener) {
    const auto found =
        std::ranges::find(broker.endpoints, listener, &cluster::BrokerEndpoint::listener);
    return found == broker.endpoints.end() ? nullptr : &*found;
}

const cluster::BrokerEndpoint* find_live_endpoint(const cluster::MetadataImage& image, BrokerId id,
                                                  std::string_view listener) {
    const auto found = image.brokers.find(id);
    if (found == image.brokers.end() || found->second->fenced) return nullptr;
    return find_endpoint(*found->second, listener);
}

PartitionView view_partition(const cluster::MetadataImage& image,
                             const cluster::PartitionImage& partition, std::string_view listener) {
    PartitionView view;
    const auto online = [&image](BrokerId id) {
        const auto broker = image.brokers.find(id);
        return broker != image.brokers.end() && !broker->second->fenced;
    };
    for (const BrokerId replica : partition.replicas)
        if (!online(replica)) view.offline_replicas.push_back(replica);
    if (!online(partition.leader))
        view.error = ErrorCode::leader_not_available;
    else if (!find_live_endpoint(image, partition.leader, listener))
        view.error = ErrorCode::listener_not_found;
    else
        view.leader = partition.leader;
    return view;
}

}  // namespace barnabas::broker
