// SPDX-License-Identifier: Apache-2.0
// See group_member.h.
#include "cli/client/group_member.h"

#include <algorithm>
#include <set>

#include "cli/client/error_text.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "protocol/records/client.h"

namespace barnabas::cli {

namespace {

constexpr int32_t session_timeout_ms = 45'000;
constexpr int32_t rebalance_timeout_ms = 300'000;
constexpr Nanos heartbeat_interval = std::chrono::seconds(3);
constexpr Nanos commit_interval = std::chrono::seconds(5);
// The last versions that name topics.
constexpr int16_t offsets_by_name = 9;

// A blob of the consumer protocol: int16 version, body.
template <class Message>
Blob versioned(const Message& message, int16_t version) {
    std::vector<uint8_t> bytes(2);
    store_be(bytes.data(), version);
    const auto body = protocol::encode_message(message, version);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return Blob(std::move(bytes));
}

template <class Message>
std::optional<Message> read_versioned(Bytes bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const auto version = std::min(load_be<int16_t>(bytes.data()), Message::version_max);
    auto message = protocol::decode_message<Message>(bytes.subspan(2), version);
    if (!message) return std::nullopt;
    return std::move(*message);
}

[[noreturn]] void refuse(const std::string& group, ErrorCode code) {
    throw Failure(code, fmt::format("Group {}: {}", group, error_text(code)));
}

}  // namespace

std::map<std::string, std::vector<PartitionName>> assign_ranges(
    const std::map<std::string, std::vector<std::string>>& subscriptions,
    const std::map<std::string, int32_t>& partition_counts) {
    std::map<std::string, std::vector<PartitionName>> parts;
    for (const auto& [topic, count] : partition_counts) {
        std::vector<std::string> members;
        for (const auto& [member, topics] : subscriptions)
            if (std::ranges::find(topics, topic) != topics.end()) members.push_back(member);
        if (members.empty()) continue;
        const auto size = static_cast<int32_t>(members.size());
        int32_t next = 0;
        for (int32_t i = 0; i < size; ++i) {
            const int32_t share = count / size + (i < count % size ? 1 : 0);
            for (int32_t taken = 0; taken < share; ++taken)
                parts[members[static_cast<size_t>(i)]].push_back({topic, next++});
        }
    }
    return parts;
}

Answer<protocol::JoinGroupResponse> GroupMember::ask_to_join() {
    protocol::JoinGroupRequest request;
    request.group_id = Text(group_);
    request.session_timeout_ms = session_timeout_ms;
    request.rebalance_timeout_ms = rebalance_timeout_ms;
    request.protocol_type = "consumer";
    auto& range = request.protocols.emplace_back();
    range.name = "range";
    protocol::ConsumerProtocolSubscription subscription;
    for (const auto& topic : topics_) subscription.topics.emplace_back(topic);
    range.metadata = versioned(subscription, 1);
    while (true) {
        request.member_id = Text(member_id_);
        auto answer = client_.ask<protocol::JoinGroupResponse>(
            coordinator(), request,
            {.extra_time = std::chrono::milliseconds(rebalance_timeout_ms)});
        const ErrorCode code = answer.error_code;
        if (code == ErrorCode::none) return answer;
        if (code == ErrorCode::member_id_required)
            member_id_ = answer.member_id.str();
        else if (code == ErrorCode::unknown_member_id && !member_id_.empty())
            member_id_.clear();
        else if (is_retriable(code))
            client_.sleep(std::chrono::milliseconds(100));
        else
            refuse(group_, code);
    }
}

std::vector<uint8_t> GroupMember::sync(const protocol::JoinGroupResponse& joined) {
    protocol::SyncGroupRequest request;
    request.group_id = Text(group_);
    request.generation_id = generation_;
    request.member_id = Text(member_id_);
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    if (joined.leader == member_id_) {
        std::map<std::string, std::vector<std::string>> subscriptions;
        std::set<std::string> topics;
        for (const auto& member : joined.members) {
            auto& mine = subscriptions[member.member_id.str()];
            const auto subscription =
                read_versioned<protocol::ConsumerProtocolSubscription>(member.metadata);
            if (!subscription) continue;
            for (const auto& topic : subscription->topics) {
                mine.push_back(topic.str());
                topics.insert(topic.str());
            }
        }
        std::map<std::string, int32_t> counts;
        for (const auto& topic : client_.metadata({topics.begin(), topics.end()}, true).topics)
            if (topic.error_code == ErrorCode::none && topic.name)
                counts[topic.name->str()] = static_cast<int32_t>(topic.partitions.size());
        auto parts = assign_ranges(subscriptions, counts);
        for (const auto& [member, ignored] : subscriptions) {
            protocol::ConsumerProtocolAssignment assignment;
            for (const auto& partition : parts[member]) {
                auto& list = assignment.assigned_partitions;
                if (list.empty() || list.back().topic != partition.topic)
                    list.emplace_back().topic = Text(partition.topic);
                list.back().partitions.emplace_back(partition.index);
            }
            auto& item = request.assignments.emplace_back();
            item.member_id = Text(member);
            item.assignment = versioned(assignment, 1);
        }
    }
    const auto answer = client_.ask<protocol::SyncGroupResponse>(
        coordinator(), request, {.extra_time = std::chrono::milliseconds(rebalance_timeout_ms)});
    if (answer.error_code == ErrorCode::rebalance_in_progress ||
        answer.error_code == ErrorCode::illegal_generation ||
        answer.error_code == ErrorCode::unknown_member_id)
        return {};
    if (answer.error_code != ErrorCode::none) refuse(group_, answer.error_code);
    const Bytes bytes = answer.assignment;
    return {bytes.begin(), bytes.end()};
}

std::vector<PartitionName> GroupMember::join() {
    while (true) {
        const auto joined = ask_to_join();
        member_id_ = joined.member_id.str();
        generation_ = joined.generation_id;
        const auto bytes = sync(joined);
        if (bytes.empty()) continue;  // the next rebalance has begun
        last_heartbeat_ = last_commit_ = client_.now();
        const auto mine = read_versioned<protocol::ConsumerProtocolAssignment>(bytes);
        std::vector<PartitionName> partitions;
        if (mine)
            for (const auto& topic : mine->assigned_partitions)
                for (const auto partition : topic.partitions)
                    partitions.push_back({topic.topic.str(), partition.value});
        return partitions;
    }
}

bool GroupMember::keep_place(const std::map<PartitionName, int64_t>& positions) {
    const bool stays = stay();
    if (stays && client_.now() - last_commit_ < commit_interval) return true;
    commit(positions);
    last_commit_ = client_.now();
    return stays;
}

// A heartbeat if one is due; false: the group rebalances.
bool GroupMember::stay() {
    if (client_.now() - last_heartbeat_ < heartbeat_interval) return true;
    protocol::HeartbeatRequest request;
    request.group_id = Text(group_);
    request.generation_id = generation_;
    request.member_id = Text(member_id_);
    const auto code = client_.ask<protocol::HeartbeatResponse>(coordinator(), request).error_code;
    last_heartbeat_ = client_.now();
    if (code == ErrorCode::none || is_retriable(code))
        return code != ErrorCode::rebalance_in_progress;
    if (code == ErrorCode::unknown_member_id) member_id_.clear();
    if (code == ErrorCode::unknown_member_id || code == ErrorCode::illegal_generation ||
        code == ErrorCode::rebalance_in_progress)
        return false;
    refuse(group_, code);
}

std::map<PartitionName, int64_t> GroupMember::committed(
    const std::vector<PartitionName>& partitions) {
    return committed_offsets(client_, group_, &partitions);
}

std::map<PartitionName, int64_t> committed_offsets(Client& client, const std::string& group,
                                                   const std::vector<PartitionName>* partitions) {
    std::map<PartitionName, int64_t> offsets;
    for (const auto& [partition, found] : committed_positions(client, group, partitions))
        offsets[partition] = found.offset;
    return offsets;
}

std::map<PartitionName, Committed> committed_positions(
    Client& client, const std::string& group, const std::vector<PartitionName>* partitions) {
    protocol::OffsetFetchRequest request;
    request.group_id = Text(group);
    auto& wanted = request.groups.emplace_back();
    wanted.group_id = Text(group);
    request.topics.reset();
    wanted.topics.reset();
    if (partitions) {
        request.topics.emplace();
        wanted.topics.emplace();
        for (const auto& partition : *partitions) {
            request.topics->emplace_back().name = Text(partition.topic);
            request.topics->back().partition_indexes.emplace_back(partition.index);
            wanted.topics->emplace_back().name = Text(partition.topic);
            wanted.topics->back().partition_indexes.emplace_back(partition.index);
        }
    }
    const auto answer =
        client.ask<protocol::OffsetFetchResponse>(client.coordinator(CoordinatorType::group, group),
                                                  request, {.version_max = offsets_by_name});
    std::map<PartitionName, Committed> offsets;
    const auto take = [&](const auto& topics) {
        for (const auto& topic : topics)
            for (const auto& partition : topic.partitions) {
                if (partition.committed_offset.value < 0) continue;
                auto& found = offsets[{topic.name.str(), partition.partition_index.value}];
                found.offset = partition.committed_offset.value;
                if (const int32_t epoch = partition.committed_leader_epoch.value; epoch >= 0)
                    found.leader_epoch = epoch;
            }
    };
    if (answer.error_code != ErrorCode::none) refuse(group, answer.error_code);
    take(answer.topics);
    for (const auto& each : answer.groups) {
        if (each.error_code != ErrorCode::none) refuse(group, each.error_code);
        take(each.topics);
    }
    return offsets;
}

std::map<PartitionName, ErrorCode> commit_offsets(Client& client, const GroupSeat& seat,
                                                  const std::map<PartitionName, int64_t>& offsets) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text(seat.group);
    request.member_id = Text(seat.member);
    request.generation_id_or_member_epoch = seat.generation;
    for (const auto& [partition, offset] : offsets) {
        const bool same = !request.topics.empty() && request.topics.back().name == partition.topic;
        if (!same) request.topics.emplace_back().name = Text(partition.topic);
        auto& item = request.topics.back().partitions.emplace_back();
        item.partition_index = PartitionIndex(partition.index);
        item.committed_offset = Offset(offset);
        item.committed_metadata = Text("");
    }
    const auto answer = client.ask<protocol::OffsetCommitResponse>(
        client.coordinator(CoordinatorType::group, seat.group), request,
        {.version_max = offsets_by_name});
    std::map<PartitionName, ErrorCode> codes;
    for (const auto& topic : answer.topics)
        for (const auto& partition : topic.partitions)
            codes[{topic.name.str(), partition.partition_index.value}] = partition.error_code;
    return codes;
}

bool GroupMember::commit(const std::map<PartitionName, int64_t>& offsets) {
    if (offsets.empty()) return true;
    for (const auto& [partition, code] :
         commit_offsets(client_, {group_, member_id_, generation_}, offsets)) {
        if (code == ErrorCode::none) continue;
        if (code == ErrorCode::unknown_member_id || code == ErrorCode::illegal_generation ||
            code == ErrorCode::rebalance_in_progress)
            return false;
        refuse(group_, code);
    }
    return true;
}

void GroupMember::leave() {
    if (member_id_.empty()) return;
    protocol::LeaveGroupRequest request;
    request.group_id = Text(group_);
    request.member_id = Text(member_id_);
    auto& member = request.members.emplace_back();
    member.member_id = Text(member_id_);
    member.reason = Text("the consumer is being closed");
    client_.ask<protocol::LeaveGroupResponse>(coordinator(), request);
    member_id_.clear();
}

}  // namespace barnabas::cli
