// SPDX-License-Identifier: Apache-2.0
// Field by field. Partitions are told topic by topic; what is read is sorted and without
// repetition, whatever the bytes said.
#include "broker/group/consumer_group_records.h"

#include <algorithm>
#include <utility>

#include "protocol/record_framing.h"
#include "protocol/records/group.h"

namespace barnabas::broker {
namespace {

using protocol::ConsumerGroupCurrentMemberAssignmentKey;
using protocol::ConsumerGroupCurrentMemberAssignmentValue;
using protocol::ConsumerGroupMemberMetadataKey;
using protocol::ConsumerGroupMemberMetadataValue;
using protocol::ConsumerGroupMetadataKey;
using protocol::ConsumerGroupMetadataValue;
using protocol::ConsumerGroupPartitionMetadataKey;
using protocol::ConsumerGroupPartitionMetadataValue;
using protocol::ConsumerGroupRegularExpressionKey;
using protocol::ConsumerGroupRegularExpressionValue;
using protocol::ConsumerGroupTargetAssignmentMemberKey;
using protocol::ConsumerGroupTargetAssignmentMemberValue;
using protocol::ConsumerGroupTargetAssignmentMetadataKey;
using protocol::ConsumerGroupTargetAssignmentMetadataValue;

Text borrow(std::string_view text) {
    return Text::borrow(text);
}

std::optional<std::string> own(const std::optional<Text>& text) {
    return text.transform([](const Text& value) { return value.str(); });
}

template <class Key>
Key group_key(std::string_view group) {
    Key key;
    key.group_id = borrow(group);
    return key;
}

template <class Key>
Key member_key(std::string_view group, std::string_view member) {
    Key key = group_key<Key>(group);
    key.member_id = borrow(member);
    return key;
}

ConsumerGroupRegularExpressionKey regex_key(std::string_view group, std::string_view regex) {
    auto key = group_key<ConsumerGroupRegularExpressionKey>(group);
    key.regular_expression = borrow(regex);
    return key;
}

template <class Key, class Value>
CoordinatorRecord record_of(const Key& key, const Value& value) {
    return {protocol::encode_coordinator_key(key), protocol::encode_coordinator_value(value, 0)};
}

template <class Key>
CoordinatorRecord tombstone_of(const Key& key) {
    return {protocol::encode_coordinator_key(key), std::nullopt};
}

template <class Item>
void sort_unique(std::vector<Item>& items) {
    std::ranges::sort(items);
    const auto repeated = std::ranges::unique(items);
    items.erase(repeated.begin(), repeated.end());
}

using HeldWire = ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions;

std::vector<HeldWire> to_wire(const HeldSet& held) {
    std::vector<HeldWire> wire;
    for (const HeldPartition& one : held) {
        if (wire.empty() || wire.back().topic_id != one.at.topic) {
            wire.emplace_back().topic_id = one.at.topic;
            wire.back().assignment_epochs.emplace();
        }
        wire.back().partitions.push_back(one.at.partition);
        wire.back().assignment_epochs->push_back(one.epoch);
    }
    return wire;
}

// Writers that knew no epochs of assignments mean the member's.
HeldSet from_wire(const std::vector<HeldWire>& wire, int32_t member_epoch) {
    HeldSet held;
    for (const HeldWire& topic : wire) {
        const auto& epochs = topic.assignment_epochs;
        const bool told = epochs && epochs->size() == topic.partitions.size();
        for (size_t i = 0; i < topic.partitions.size(); ++i)
            held.push_back(
                {{topic.topic_id, topic.partitions[i]}, told ? (*epochs)[i] : member_epoch});
    }
    std::ranges::sort(held);
    const auto repeated = std::ranges::unique(held, {}, &HeldPartition::at);
    held.erase(repeated.begin(), repeated.end());
    return held;
}

ConsumerMember from_wire(const ConsumerGroupMemberMetadataValue& value) {
    ConsumerMember member{.instance_id = own(value.instance_id),
                          .rack_id = own(value.rack_id),
                          .client_id = value.client_id.str(),
                          .client_host = value.client_host.str(),
                          .regex = own(value.subscribed_topic_regex).value_or(""),
                          .rebalance_timeout_ms = value.rebalance_timeout_ms,
                          .assignor = own(value.server_assignor)};
    for (const Text& topic : value.subscribed_topic_names) member.topics.push_back(topic.str());
    sort_unique(member.topics);
    if (!value.classic_member_metadata) return member;
    member.classic.emplace();
    member.classic->session_timeout_ms = value.classic_member_metadata->session_timeout_ms;
    for (const auto& protocol : value.classic_member_metadata->supported_protocols) {
        const Bytes bytes = protocol.metadata;
        member.classic->protocols.push_back({protocol.name.str(), {bytes.begin(), bytes.end()}});
    }
    return member;
}

MemberState member_state(int8_t value) {
    switch (MemberState{value}) {
        case MemberState::stable:
        case MemberState::unrevoked_partitions:
        case MemberState::unreleased_partitions:
            return MemberState{value};
        default:
            return MemberState::unknown;
    }
}

template <class Value>
Result<std::optional<Value>> read_value(std::optional<Bytes> value) {
    if (!value) return std::nullopt;
    TRY_ASSIGN(Value wire, protocol::decode_coordinator_value<Value>(*value));
    return std::optional<Value>(std::move(wire));
}

Result<ConsumerGroupRecord> read_group_epoch(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key, protocol::decode_coordinator_key<ConsumerGroupMetadataKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupMetadataValue>(value));
    GroupEpochChange change;
    if (wire) change = {wire->epoch, static_cast<uint64_t>(wire->metadata_hash)};
    return ConsumerGroupRecord{key.group_id.str(), change};
}

Result<ConsumerGroupRecord> read_partition_metadata(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupPartitionMetadataKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupPartitionMetadataValue>(value));
    return ConsumerGroupRecord{key.group_id.str(), PartitionMetadataChange{wire.has_value()}};
}

Result<ConsumerGroupRecord> read_member(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupMemberMetadataKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupMemberMetadataValue>(value));
    MemberChange change{key.member_id.str(), std::nullopt};
    if (wire) {
        change.member = from_wire(*wire);
        change.member->id = change.id;
    }
    return ConsumerGroupRecord{key.group_id.str(), std::move(change)};
}

Result<ConsumerGroupRecord> read_target_epoch(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupTargetAssignmentMetadataKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupTargetAssignmentMetadataValue>(value));
    TargetEpochChange change;
    if (wire) change = {wire->assignment_epoch, wire->assignment_timestamp};
    return ConsumerGroupRecord{key.group_id.str(), change};
}

Result<ConsumerGroupRecord> read_target(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupTargetAssignmentMemberKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupTargetAssignmentMemberValue>(value));
    TargetChange change{key.member_id.str(), std::nullopt};
    if (wire) {
        change.partitions.emplace();
        for (const auto& topic : wire->topic_partitions)
            for (const PartitionIndex partition : topic.partitions)
                change.partitions->push_back({topic.topic_id, partition});
        sort_unique(*change.partitions);
    }
    return ConsumerGroupRecord{key.group_id.str(), std::move(change)};
}

Result<ConsumerGroupRecord> read_current(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupCurrentMemberAssignmentKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupCurrentMemberAssignmentValue>(value));
    CurrentChange change{key.member_id.str(), std::nullopt};
    if (wire)
        change.member = ConsumerMember{
            .id = change.id,
            .epoch = wire->member_epoch,
            .previous_epoch = wire->previous_member_epoch,
            .state = member_state(wire->state),
            .assigned = from_wire(wire->assigned_partitions, wire->member_epoch),
            .revoking = from_wire(wire->partitions_pending_revocation, wire->member_epoch)};
    return ConsumerGroupRecord{key.group_id.str(), std::move(change)};
}

Result<ConsumerGroupRecord> read_regex(Bytes bytes, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto key,
               protocol::decode_coordinator_key<ConsumerGroupRegularExpressionKey>(bytes));
    TRY_ASSIGN(const auto wire, read_value<ConsumerGroupRegularExpressionValue>(value));
    RegexChange change{key.regular_expression.str(), std::nullopt};
    if (wire) {
        change.resolved = ResolvedRegex{.version = wire->version, .resolved_ms = wire->timestamp};
        for (const Text& topic : wire->topics) change.resolved->topics.push_back(topic.str());
        sort_unique(change.resolved->topics);
    }
    return ConsumerGroupRecord{key.group_id.str(), std::move(change)};
}

}  // namespace

PartitionSet partitions_of(const HeldSet& held) {
    PartitionSet partitions;
    partitions.reserve(held.size());
    for (const HeldPartition& one : held) partitions.push_back(one.at);
    return partitions;
}

bool is_consumer_group_record(int16_t key_type) {
    return (key_type >= ConsumerGroupMetadataKey::record_type &&
            key_type <= ConsumerGroupCurrentMemberAssignmentKey::record_type) ||
           key_type == ConsumerGroupRegularExpressionKey::record_type;
}

Result<ConsumerGroupRecord> read_consumer_group_record(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const int16_t type, protocol::coordinator_key_type(key));
    switch (type) {
        case ConsumerGroupMetadataKey::record_type:
            return read_group_epoch(key, value);
        case ConsumerGroupPartitionMetadataKey::record_type:
            return read_partition_metadata(key, value);
        case ConsumerGroupMemberMetadataKey::record_type:
            return read_member(key, value);
        case ConsumerGroupTargetAssignmentMetadataKey::record_type:
            return read_target_epoch(key, value);
        case ConsumerGroupTargetAssignmentMemberKey::record_type:
            return read_target(key, value);
        case ConsumerGroupCurrentMemberAssignmentKey::record_type:
            return read_current(key, value);
        case ConsumerGroupRegularExpressionKey::record_type:
            return read_regex(key, value);
        default:
            return fail(ErrorCode::unsupported_version, "type of group record");
    }
}

CoordinatorRecord make_group_epoch_record(std::string_view group, int32_t epoch, uint64_t hash) {
    ConsumerGroupMetadataValue value;
    value.epoch = epoch;
    value.metadata_hash = static_cast<int64_t>(hash);
    return record_of(group_key<ConsumerGroupMetadataKey>(group), value);
}
CoordinatorRecord make_group_epoch_tombstone(std::string_view group) {
    return tombstone_of(group_key<ConsumerGroupMetadataKey>(group));
}
CoordinatorRecord make_partition_metadata_tombstone(std::string_view group) {
    return tombstone_of(group_key<ConsumerGroupPartitionMetadataKey>(group));
}

CoordinatorRecord make_member_record(std::string_view group, const ConsumerMember& member) {
    ConsumerGroupMemberMetadataValue value;
    value.instance_id = member.instance_id.transform(borrow);
    value.rack_id = member.rack_id.transform(borrow);
    value.client_id = borrow(member.client_id);
    value.client_host = borrow(member.client_host);
    for (const std::string& topic : member.topics)
        value.subscribed_topic_names.push_back(borrow(topic));
    value.subscribed_topic_regex = borrow(member.regex);
    value.rebalance_timeout_ms = member.rebalance_timeout_ms;
    value.server_assignor = member.assignor.transform(borrow);
    value.classic_member_metadata.reset();
    if (member.classic) {
        auto& classic = value.classic_member_metadata.emplace();
        classic.session_timeout_ms = member.classic->session_timeout_ms;
        for (const GroupProtocol& protocol : member.classic->protocols) {
            auto& wire = classic.supported_protocols.emplace_back();
            wire.name = borrow(protocol.name);
            wire.metadata = Blob::borrow(protocol.metadata);
        }
    }
    return record_of(member_key<ConsumerGroupMemberMetadataKey>(group, member.id), value);
}
CoordinatorRecord make_member_tombstone(std::string_view group, std::string_view member) {
    return tombstone_of(member_key<ConsumerGroupMemberMetadataKey>(group, member));
}

CoordinatorRecord make_target_epoch_record(std::string_view group, int32_t epoch, int64_t time_ms) {
    ConsumerGroupTargetAssignmentMetadataValue value;
    value.assignment_epoch = epoch;
    value.assignment_timestamp = time_ms;
    return record_of(group_key<ConsumerGroupTargetAssignmentMetadataKey>(group), value);
}
CoordinatorRecord make_target_epoch_tombstone(std::string_view group) {
    return tombstone_of(group_key<ConsumerGroupTargetAssignmentMetadataKey>(group));
}

CoordinatorRecord make_target_record(std::string_view group, std::string_view member,
                                     const PartitionSet& partitions) {
    ConsumerGroupTargetAssignmentMemberValue value;
    for (const TopicIdPartition& one : partitions) {
        if (value.topic_partitions.empty() || value.topic_partitions.back().topic_id != one.topic)
            value.topic_partitions.emplace_back().topic_id = one.topic;
        value.topic_partitions.back().partitions.push_back(one.partition);
    }
    return record_of(member_key<ConsumerGroupTargetAssignmentMemberKey>(group, member), value);
}
CoordinatorRecord make_target_tombstone(std::string_view group, std::string_view member) {
    return tombstone_of(member_key<ConsumerGroupTargetAssignmentMemberKey>(group, member));
}

CoordinatorRecord make_current_record(std::string_view group, const ConsumerMember& member) {
    ConsumerGroupCurrentMemberAssignmentValue value;
    value.member_epoch = member.epoch;
    value.previous_member_epoch = member.previous_epoch;
    value.state = static_cast<int8_t>(member.state);
    value.assigned_partitions = to_wire(member.assigned);
    value.partitions_pending_revocation = to_wire(member.revoking);
    return record_of(member_key<ConsumerGroupCurrentMemberAssignmentKey>(group, member.id), value);
}
CoordinatorRecord make_current_tombstone(std::string_view group, std::string_view member) {
    return tombstone_of(member_key<ConsumerGroupCurrentMemberAssignmentKey>(group, member));
}

CoordinatorRecord make_regex_record(std::string_view group, std::string_view regex,
                                    const ResolvedRegex& resolved) {
    ConsumerGroupRegularExpressionValue value;
    for (const std::string& topic : resolved.topics) value.topics.push_back(borrow(topic));
    value.version = resolved.version;
    value.timestamp = resolved.resolved_ms;
    return record_of(regex_key(group, regex), value);
}
CoordinatorRecord make_regex_tombstone(std::string_view group, std::string_view regex) {
    return tombstone_of(regex_key(group, regex));
}

}  // namespace barnabas::broker
