// SPDX-License-Identifier: Apache-2.0
// Asks the group coordinator for what /metrics tells of groups, as any client would (ListGroups,
// DescribeGroups, ConsumerGroupDescribe, OffsetFetch), so that both always agree.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/http/metrics_page.h"

namespace barnabas::broker {

namespace {

// Groups as they were listed, by what they have to be described with.
struct Listed {
    std::vector<std::string> classic;
    std::vector<std::string> consumer;
};

Task<Listed> list_groups(GroupCoordinator& groups) {
    protocol::ListGroupsRequest request;
    auto listing = groups.list(std::move(request));
    const auto response = co_await std::move(listing);
    Listed listed;
    for (const auto& group : response.groups) {
        const bool classic = group.group_type == "classic";
        (classic ? listed.classic : listed.consumer).push_back(group.group_id.str());
    }
    co_return listed;
}

Task<std::map<std::string, size_t>> count_members(GroupCoordinator& groups, Listed listed) {
    std::map<std::string, size_t> members;
    protocol::DescribeGroupsRequest classic;
    for (const auto& group : listed.classic) classic.groups.emplace_back(group);
    auto describing =
        groups.describe(std::move(classic), protocol::DescribeGroupsRequest::version_max);
    const auto described = co_await std::move(describing);
    for (const auto& group : described.groups) members[group.group_id.str()] = group.members.size();
    protocol::ConsumerGroupDescribeRequest consumer;
    for (const auto& group : listed.consumer) consumer.group_ids.emplace_back(group);
    auto describing_too = groups.describe_consumer_groups(std::move(consumer));
    const auto described_too = co_await std::move(describing_too);
    for (const auto& group : described_too.groups)
        members[group.group_id.str()] = group.members.size();
    co_return members;
}

GroupOffsets offsets_of(const protocol::OffsetFetchResponse::OffsetFetchResponseGroup& answer) {
    GroupOffsets offsets;
    offsets.group = answer.group_id.str();
    for (const auto& topic : answer.topics)
        for (const auto& partition : topic.partitions)
            if (partition.error_code == ErrorCode::none && partition.committed_offset >= Offset{0})
                offsets.committed.push_back(
                    {topic.name.str(), partition.partition_index, partition.committed_offset});
    return offsets;
}

}  // namespace

Task<std::vector<GroupOffsets>> committed_offsets(const BrokerServices& services) {
    // Names are told up to version 9, ids from 10 on.
    constexpr int16_t offset_fetch_version = 9;
    auto listing = list_groups(services.groups);
    const Listed listed = co_await std::move(listing);
    auto counting = count_members(services.groups, listed);
    auto members = co_await std::move(counting);
    protocol::OffsetFetchRequest request;
    for (const auto* names : {&listed.classic, &listed.consumer})
        for (const auto& name : *names) {
            auto& group = request.groups.emplace_back();
            group.group_id = Text(name);
            group.topics.reset();  // all that the group has committed
        }
    auto fetching = services.groups.fetch(std::move(request), offset_fetch_version);
    const auto response = co_await std::move(fetching);
    std::vector<GroupOffsets> result;
    for (const auto& answer : response.groups) {
        if (answer.error_code != ErrorCode::none) continue;
        auto& group = result.emplace_back(offsets_of(answer));
        group.members = members[group.group];
    }
    co_return result;
}

}  // namespace barnabas::broker
