// SPDX-License-Identifier: Apache-2.0
// See groups.h.
#include "cli/client/groups.h"

#include <algorithm>

#include "cli/client/error_text.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"
#include "protocol/records/client.h"

namespace barnabas::cli {

namespace {

void expect(ErrorCode code, const std::string& group) {
    if (code == ErrorCode::none) return;
    if (code == ErrorCode::group_id_not_found)
        throw Failure(code, fmt::format("Group {} not found.", group));
    throw Failure(code, fmt::format("Group {}: {}", group, error_text(code)));
}

std::vector<PartitionName> assigned(Bytes blob) {
    std::vector<PartitionName> partitions;
    if (blob.size() < 2) return partitions;
    const auto version = std::min<int16_t>(load_be<int16_t>(blob.data()), 3);
    const auto assignment =
        protocol::decode_message<protocol::ConsumerProtocolAssignment>(blob.subspan(2), version);
    if (!assignment) return partitions;
    for (const auto& topic : assignment->assigned_partitions)
        for (const auto partition : topic.partitions)
            partitions.push_back({topic.topic.str(), partition.value});
    return partitions;
}

template <class Assignment>
std::vector<PartitionName> named(const Assignment& assignment) {
    std::vector<PartitionName> partitions;
    for (const auto& topic : assignment.topic_partitions)
        for (const auto partition : topic.partitions)
            partitions.push_back({topic.topic_name.str(), partition.value});
    return partitions;
}

// What the answer says of a member's protocol; nothing in the versions that do not tell.
std::optional<bool> speaks_new_protocol(int8_t member_type) {
    if (member_type < 0) return std::nullopt;
    return member_type == 1;
}

GroupText describe_consumer(Client& client, Connection& coordinator, const std::string& id) {
    protocol::ConsumerGroupDescribeRequest request;
    request.group_ids.emplace_back(id);
    const auto answer = client.ask<protocol::ConsumerGroupDescribeResponse>(coordinator, request);
    GroupText group;
    group.id = id;
    for (const auto& found : answer.groups) {
        expect(found.error_code, id);
        group.state = found.group_state.str();
        group.assignor = found.assignor_name.str();
        group.epoch = found.group_epoch;
        group.target_epoch = found.assignment_epoch;
        for (const auto& member : found.members) {
            auto& text = group.members.emplace_back();
            text.id = member.member_id.str();
            text.client_id = member.client_id.str();
            text.host = member.client_host.str();
            text.instance_id = member.instance_id ? member.instance_id->str() : "";
            text.partitions = named(member.assignment);
            text.target = named(member.target_assignment);
            text.epoch = member.member_epoch;
            text.upgraded = speaks_new_protocol(member.member_type);
        }
    }
    return group;
}

GroupText describe_classic(Client& client, Connection& coordinator, const std::string& id) {
    protocol::DescribeGroupsRequest request;
    request.groups.emplace_back(id);
    const auto answer = client.ask<protocol::DescribeGroupsResponse>(coordinator, request);
    GroupText group;
    group.id = id;
    for (const auto& found : answer.groups) {
        expect(found.error_code, id);
        if (found.group_state == "Dead") expect(ErrorCode::group_id_not_found, id);
        group.state = found.group_state.str();
        group.assignor = found.protocol_data.str();
        for (const auto& member : found.members) {
            auto& text = group.members.emplace_back();
            text.id = member.member_id.str();
            text.client_id = member.client_id.str();
            text.host = member.client_host.str();
            text.instance_id = member.group_instance_id ? member.group_instance_id->str() : "";
            text.partitions = assigned(member.member_assignment);
        }
    }
    return group;
}

}  // namespace

std::vector<ListedGroup> list_groups(Client& client) {
    std::vector<ListedGroup> groups;
    for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers) {
        const auto answer = client.ask<protocol::ListGroupsResponse>(client.broker(broker.node_id),
                                                                     protocol::ListGroupsRequest{});
        if (answer.error_code != ErrorCode::none)
            throw Failure(answer.error_code, std::string(error_text(answer.error_code)));
        for (const auto& group : answer.groups)
            groups.push_back({group.group_id.str(), group.protocol_type.str(),
                              group.group_state.str(), group.group_type.str()});
    }
    std::ranges::sort(groups, {}, &ListedGroup::id);
    return groups;
}

GroupText describe_group(Client& client, const std::string& id) {
    Connection& coordinator = client.coordinator(CoordinatorType::group, id);
    GroupText group;
    try {
        group = describe_consumer(client, coordinator, id);
    } catch (const Failure& failure) {
        if (failure.code() != ErrorCode::group_id_not_found &&
            failure.code() != ErrorCode::unsupported_version)
            throw;
        group = describe_classic(client, coordinator, id);
    }
    const auto metadata = client.metadata(std::vector<std::string>{});
    for (const auto& broker : metadata.brokers)
        if (coordinator.address().port == broker.port && coordinator.address().host == broker.host)
            group.coordinator =
                fmt::format("{}:{}  ({})", broker.host.view(), broker.port, broker.node_id.value);
    std::ranges::sort(group.members, {}, &MemberText::id);
    return group;
}

}  // namespace barnabas::cli
