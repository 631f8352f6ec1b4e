// SPDX-License-Identifier: Apache-2.0
// Finding partitions, and why one is not here.
#include "broker/handlers/partition_lookup.h"

#include <utility>

namespace barnabas::broker {
namespace {

// Why the table has no such partition, though a client asks for it here.
ErrorCode reason_of_absence(const RequestContext& ctx, const cluster::TopicImage* topic,
                            PartitionIndex index) {
    if (topic == nullptr || !topic->has(index)) return ErrorCode::unknown_topic_or_partition;
    const auto& partition = topic->partitions[static_cast<size_t>(index.value)];
    return partition.leader == ctx.services.config.node_id ? ErrorCode::kafka_storage_error
                                                           : ErrorCode::not_leader_or_follower;
}

}  // namespace

FoundPartition find_partition(const RequestContext& ctx, std::string_view topic,
                              PartitionIndex index) {
    if (auto partition = ctx.services.partitions.find(topic, index)) return {{}, partition};
    return {reason_of_absence(ctx, ctx.image()->topic(topic).get(), index), nullptr};
}

FoundPartition find_partition(const RequestContext& ctx, const Uuid& topic_id,
                              PartitionIndex index) {
    const auto topic = ctx.image()->topic(topic_id);
    if (!topic) return {ErrorCode::unknown_topic_id, nullptr};
    auto partition = ctx.services.partitions.find(topic->name, index);
    if (!partition) return {reason_of_absence(ctx, topic.get(), index), nullptr};
    if (partition->topic_id() != topic_id) return {ErrorCode::inconsistent_topic_id, nullptr};
    return {{}, std::move(partition)};
}

}  // namespace barnabas::broker
