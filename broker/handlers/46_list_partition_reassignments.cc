// SPDX-License-Identifier: Apache-2.0
// ListPartitionReassignments, api 46, v0. Partitions whose replicas are being moved (KIP-455).
#include "broker/handlers/handlers.h"
#include "protocol/messages/list_partition_reassignments.h"

namespace barnabas::broker {
namespace {

using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;
using OngoingTopic = ListPartitionReassignmentsResponse::OngoingTopicReassignment;

void add(const cluster::TopicImage& topic, size_t index, OngoingTopic& ongoing) {
    if (index >= topic.partitions.size()) return;
    const cluster::PartitionImage& partition = topic.partitions[index];
    if (partition.adding_replicas.empty() && partition.removing_replicas.empty()) return;
    auto& told = ongoing.partitions.emplace_back();
    told.partition_index = PartitionIndex{static_cast<int32_t>(index)};
    told.replicas = partition.replicas;
    told.adding_replicas = partition.adding_replicas;
    told.removing_replicas = partition.removing_replicas;
}

}  // namespace

Task<ListPartitionReassignmentsResponse> handle_list_partition_reassignments(
    RequestContext& ctx, ListPartitionReassignmentsRequest request) {
    const auto image = ctx.image();
    ListPartitionReassignmentsResponse response;
    response.error_message.reset();
    const auto finish = [&response](std::string_view name, OngoingTopic ongoing) {
        if (ongoing.partitions.empty()) return;
        ongoing.name = Text(name);
        response.topics.push_back(std::move(ongoing));
    };
    if (!request.topics) {
        for (const auto& [name, topic] : image->topics) {
            OngoingTopic ongoing;
            for (size_t i = 0; i < topic->partitions.size(); ++i) add(*topic, i, ongoing);
            finish(name, std::move(ongoing));
        }
        co_return response;
    }
    for (const auto& asked : *request.topics) {
        const auto topic = image->topic(asked.name.view());
        if (!topic) continue;
        OngoingTopic ongoing;
        for (const PartitionIndex index : asked.partition_indexes)
            if (index.value >= 0) add(*topic, static_cast<size_t>(index.value), ongoing);
        finish(asked.name.view(), std::move(ongoing));
    }
    co_return response;
}

}  // namespace barnabas::broker
