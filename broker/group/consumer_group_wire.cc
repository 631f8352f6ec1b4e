// SPDX-License-Identifier: Apache-2.0
// Field by field.
#include "broker/group/consumer_group_wire.h"

#include <algorithm>
#include <utility>

namespace barnabas::broker {
namespace {

using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

std::optional<std::string> copy(const std::optional<Text>& text) {
    return text.transform([](const Text& value) { return value.str(); });
}

std::optional<Text> own(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return Text(*text);
}

template <class Item>
void sort_unique(std::vector<Item>& items) {
    std::ranges::sort(items);
    const auto repeated = std::ranges::unique(items);
    items.erase(repeated.begin(), repeated.end());
}

ConsumerGroupDescribeResponse::Assignment describe(const PartitionSet& partitions,
                                                   const cluster::MetadataImage& image) {
    ConsumerGroupDescribeResponse::Assignment told;
    for (const TopicIdPartition& at : partitions) {
        if (told.topic_partitions.empty() || told.topic_partitions.back().topic_id != at.topic) {
            const auto topic = image.topic(at.topic);
            if (!topic) continue;
            auto& wire = told.topic_partitions.emplace_back();
            wire.topic_id = at.topic;
            wire.topic_name = Text(topic->name);
        }
        told.topic_partitions.back().partitions.push_back(at.partition);
    }
    return told;
}

constexpr int8_t classic_member_type = 0;
constexpr int8_t consumer_member_type = 1;

}  // namespace

ConsumerHeartbeat consumer_heartbeat_command(const ConsumerGroupHeartbeatRequest& request,
                                             int16_t version) {
    ConsumerHeartbeat command{.version = version,
                              .group = request.group_id.str(),
                              .member_id = request.member_id.str(),
                              .epoch = request.member_epoch,
                              .instance_id = copy(request.instance_id),
                              .rack_id = copy(request.rack_id),
                              .rebalance_timeout_ms = request.rebalance_timeout_ms,
                              .regex = copy(request.subscribed_topic_regex),
                              .assignor = copy(request.server_assignor)};
    if (request.subscribed_topic_names) {
        command.topics.emplace();
        for (const Text& topic : *request.subscribed_topic_names)
            command.topics->push_back(topic.str());
        sort_unique(*command.topics);
    }
    if (request.topic_partitions) {
        command.owned.emplace();
        for (const auto& topic : *request.topic_partitions)
            for (const PartitionIndex partition : topic.partitions)
                command.owned->push_back({topic.topic_id, partition});
        sort_unique(*command.owned);
    }
    return command;
}

ConsumerGroupHeartbeatResponse consumer_heartbeat_response(ConsumerHeartbeatAnswer answer) {
    ConsumerGroupHeartbeatResponse response;
    response.error_code = answer.error;
    response.error_message = own(answer.message);
    response.member_id = own(answer.member_id);
    response.member_epoch = answer.epoch;
    response.heartbeat_interval_ms = answer.heartbeat_interval_ms;
    if (!answer.assignment) return response;
    auto& told = response.assignment.emplace();
    for (const TopicIdPartition& at : *answer.assignment) {
        if (told.topic_partitions.empty() || told.topic_partitions.back().topic_id != at.topic)
            told.topic_partitions.emplace_back().topic_id = at.topic;
        told.topic_partitions.back().partitions.push_back(at.partition);
    }
    return response;
}

DescribedGroup describe_group(const ConsumerGroup& group, const ConsumerGroupLimits& limits,
                              const cluster::MetadataImage& image) {
    DescribedGroup told;
    told.group_id = Text(group.id());
    told.group_state = Text(std::string(group.state_name()));
    told.group_epoch = group.state().epoch();
    told.assignment_epoch = group.state().target_epoch();
    told.assignor_name = Text(group.assignor_name(limits));
    for (const auto& [id, member] : group.state().members()) {
        auto& one = told.members.emplace_back();
        one.member_id = Text(id);
        one.instance_id = own(member.instance_id);
        one.rack_id = own(member.rack_id);
        one.member_epoch = member.epoch;
        one.client_id = Text(member.client_id);
        one.client_host = Text(member.client_host);
        for (const std::string& topic : member.topics)
            one.subscribed_topic_names.push_back(Text(topic));
        one.subscribed_topic_regex = Text(member.regex);
        // What it has not given up yet is still with it.
        PartitionSet held = partitions_of(member.assigned);
        std::ranges::copy(partitions_of(member.revoking), std::back_inserter(held));
        std::ranges::sort(held);
        one.assignment = describe(held, image);
        one.target_assignment = describe(group.state().target(id), image);
        one.member_type = member.classic ? classic_member_type : consumer_member_type;
    }
    return told;
}

DescribedGroup refuse_describe(const std::string& group, Refusal refusal) {
    DescribedGroup told;
    told.group_id = Text(group);
    told.error_code = refusal.error;
    if (!refusal.message.empty()) told.error_message = Text(std::move(refusal.message));
    return told;
}

}  // namespace barnabas::broker
