// SPDX-License-Identifier: Apache-2.0
// AlterPartitionReassignments, api 45, v0-1. Which brokers hold which partitions (KIP-455). With
// one broker the only assignment there is is the one in force: it is accepted, any other is refused
// as Kafka refuses it.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_partition_reassignments.h"

namespace barnabas::broker {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using Replicas = std::vector<BrokerId>;

struct Refusal {
    ErrorCode error = ErrorCode::none;
    std::optional<std::string> message{};
};

Refusal check_replicas(const cluster::MetadataImage& image, const Replicas& replicas) {
    const auto invalid = [](std::string why) {
        return Refusal{ErrorCode::invalid_replica_assignment, std::move(why)};
    };
    if (replicas.empty())
        return invalid("The manual partition assignment includes an empty replica list.");
    Replicas sorted = replicas;
    std::ranges::sort(sorted);
    for (size_t i = 0; i < sorted.size(); ++i) {
        if (!image.brokers.contains(sorted[i]))
            return invalid(
                fmt::format("The manual partition assignment includes broker {}, but no such "
                            "broker is registered.",
                            sorted[i].value));
        if (i > 0 && sorted[i] == sorted[i - 1])
            return invalid(
                fmt::format("The manual partition assignment includes the broker {} more than "
                            "once.",
                            sorted[i].value));
    }
    return {};
}

Refusal reassign(const cluster::MetadataImage& image, const cluster::TopicImage* topic,
                 std::string_view name, PartitionIndex index,
                 const std::optional<Replicas>& replicas) {
    if (topic == nullptr)
        return {ErrorCode::unknown_topic_or_partition,
                fmt::format("Unable to find a topic named {}.", name)};
    if (!topic->has(index))
        return {ErrorCode::unknown_topic_or_partition,
                fmt::format("Unable to find partition {}:{}.", name, index.value)};
    const auto& partition = topic->partitions[static_cast<size_t>(index.value)];
    // Cancelling what is not going on.
    if (!replicas) return {ErrorCode::no_reassignment_in_progress, std::nullopt};
    if (Refusal refusal = check_replicas(image, *replicas); refusal.error != ErrorCode::none)
        return refusal;
    if (*replicas == partition.replicas) return {};
    return {ErrorCode::invalid_replica_assignment,
            std::string("This cluster does not move replicas between brokers.")};
}

}  // namespace

Task<AlterPartitionReassignmentsResponse> handle_alter_partition_reassignments(
    RequestContext& ctx, AlterPartitionReassignmentsRequest request) {
    const auto image = ctx.image();
    AlterPartitionReassignmentsResponse response;
    response.allow_replication_factor_change = request.allow_replication_factor_change;
    if (!request.topics.empty()) response.error_message.reset();
    for (const auto& topic : request.topics) {
        auto& answer = response.responses.emplace_back();
        answer.name = topic.name;
        const auto known = image->topic(topic.name.view());
        for (const auto& partition : topic.partitions) {
            auto& result = answer.partitions.emplace_back();
            result.partition_index = partition.partition_index;
            result.error_message.reset();
            Refusal refusal = reassign(*image, known.get(), topic.name.view(),
                                       partition.partition_index, partition.replicas);
            result.error_code = refusal.error;
            if (refusal.message) result.error_message = Text(std::move(*refusal.message));
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
