// SPDX-License-Identifier: Apache-2.0
// Field by field; what is read is sorted and without repetition.
#include "broker/group/embedded_protocol.h"

#include <algorithm>

#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {
namespace {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;

template <class Item>
void sort_unique(std::vector<Item>& items) {
    std::ranges::sort(items);
    const auto repeated = std::ranges::unique(items);
    items.erase(repeated.begin(), repeated.end());
}

template <class WireTopics>
NamedPartitions named(const WireTopics& topics) {
    NamedPartitions partitions;
    for (const auto& topic : topics)
        for (const PartitionIndex partition : topic.partitions)
            partitions.emplace_back(topic.topic.str(), partition);
    sort_unique(partitions);
    return partitions;
}

}  // namespace

std::optional<EmbeddedSubscription> read_subscription(const std::vector<uint8_t>& metadata) {
    const auto wire =
        protocol::decode_consumer_protocol<ConsumerProtocolSubscription>(Bytes(metadata));
    if (!wire) return std::nullopt;
    EmbeddedSubscription subscription{.owned = named(wire->owned_partitions)};
    if (wire->rack_id) subscription.rack_id = wire->rack_id->str();
    for (const Text& topic : wire->topics) subscription.topics.push_back(topic.str());
    sort_unique(subscription.topics);
    return subscription;
}

std::optional<EmbeddedAssignment> read_assignment(const std::vector<uint8_t>& bytes) {
    if (bytes.empty()) return EmbeddedAssignment{};
    const auto wire = protocol::decode_consumer_protocol<ConsumerProtocolAssignment>(Bytes(bytes));
    if (!wire) return std::nullopt;
    return EmbeddedAssignment{named(wire->assigned_partitions),
                              wire->user_data && wire->user_data->size() > 0};
}

PartitionSet to_partition_set(const NamedPartitions& named, const cluster::MetadataImage& image) {
    PartitionSet partitions;
    for (const auto& [name, partition] : named)
        if (const auto topic = image.topic(name)) partitions.push_back({topic->id, partition});
    sort_unique(partitions);
    return partitions;
}

std::vector<uint8_t> make_assignment(const PartitionSet& partitions,
                                     const std::vector<uint8_t>& subscription,
                                     const cluster::MetadataImage& image) {
    ConsumerProtocolAssignment wire;
    for (const TopicIdPartition& at : partitions) {
        const auto topic = image.topic(at.topic);
        if (!topic) continue;
        if (wire.assigned_partitions.empty() ||
            wire.assigned_partitions.back().topic.view() != topic->name)
            wire.assigned_partitions.emplace_back().topic = Text(topic->name);
        wire.assigned_partitions.back().partitions.push_back(at.partition);
    }
    const auto version = protocol::framing::read_prefix(Bytes(subscription)).value_or(0);
    return protocol::encode_consumer_protocol(
        wire, std::clamp(version, ConsumerProtocolAssignment::version_min,
                         ConsumerProtocolAssignment::version_max));
}

}  // namespace barnabas::broker
