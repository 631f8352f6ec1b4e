// SPDX-License-Identifier: Apache-2.0
// StoredGroups and the records it is made of, between values and Kafka's schemas.
#include "broker/group/group_records.h"

#include "base/assert.h"
#include "protocol/record_framing.h"
#include "protocol/records/group.h"

namespace barnabas::broker {
namespace {

using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;
using protocol::LegacyOffsetCommitKey;
using protocol::OffsetCommitKey;
using protocol::OffsetCommitValue;

// What Kafka 4.3 writes: readers of 2.1 and later know it.
constexpr int16_t generation_version = 3;
// The only version that can carry an expiry, and the newest one.
constexpr int16_t expiring_offset_version = 1;
constexpr int16_t offset_version = 4;

std::vector<uint8_t> copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

template <class T>
std::optional<T> optional_of(const std::optional<Text>& text) {
    if (!text) return std::nullopt;
    return T(text->view());
}

CommittedOffset from_wire(const OffsetCommitValue& value) {
    return {.offset = value.offset,
            .leader_epoch = value.leader_epoch,
            .metadata = value.metadata.str(),
            .commit_ms = value.commit_timestamp,
            .expire_ms = value.expire_timestamp,
            .topic_id = value.topic_id};
}

StoredGeneration from_wire(const GroupMetadataValue& value) {
    StoredGeneration generation{.protocol_type = value.protocol_type.str(),
                                .generation = value.generation,
                                .protocol = optional_of<std::string>(value.protocol),
                                .leader = optional_of<std::string>(value.leader),
                                .state_since_ms = value.current_state_timestamp};
    for (const auto& member : value.members)
        generation.members.push_back(
            {.id = member.member_id.str(),
             .instance_id = optional_of<std::string>(member.group_instance_id),
             .client_id = member.client_id.str(),
             .client_host = member.client_host.str(),
             .rebalance_timeout_ms = member.rebalance_timeout,
             .session_timeout_ms = member.session_timeout,
             .subscription = copy(member.subscription),
             .assignment = copy(member.assignment)});
    return generation;
}

Text borrow(std::string_view text) {
    return Text::borrow(text);
}

GroupMetadataValue to_wire(const StoredGeneration& generation) {
    GroupMetadataValue value;
    value.protocol_type = borrow(generation.protocol_type);
    value.generation = generation.generation;
    value.protocol = generation.protocol.transform(borrow);
    value.leader = generation.leader.transform(borrow);
    value.current_state_timestamp = generation.state_since_ms;
    for (const StoredMember& member : generation.members) {
        auto& wire = value.members.emplace_back();
        wire.member_id = borrow(member.id);
        wire.group_instance_id = member.instance_id.transform(borrow);
        wire.client_id = borrow(member.client_id);
        wire.client_host = borrow(member.client_host);
        wire.rebalance_timeout = member.rebalance_timeout_ms;
        wire.session_timeout = member.session_timeout_ms;
        wire.subscription = Blob::borrow(member.subscription);
        wire.assignment = Blob::borrow(member.assignment);
    }
    return value;
}

OffsetCommitKey offset_key(std::string_view group, std::string_view topic,
                           PartitionIndex partition) {
    OffsetCommitKey key;
    key.group = borrow(group);
    key.topic = borrow(topic);
    key.partition = partition;
    return key;
}

GroupMetadataKey generation_key(std::string_view group) {
    GroupMetadataKey key;
    key.group = borrow(group);
    return key;
}

}  // namespace

Result<void> StoredGroups::apply(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const int16_t type, protocol::coordinator_key_type(key));
    switch (type) {
        case LegacyOffsetCommitKey::record_type:
        case OffsetCommitKey::record_type:
            return apply_offset(std::nullopt, key, value);
        case GroupMetadataKey::record_type:
            return apply_generation(key, value);
        default:
            return fail(ErrorCode::unsupported_version, "type of group record");
    }
}

Result<void> StoredGroups::hold(ProducerId producer, Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const int16_t type, protocol::coordinator_key_type(key));
    if (type != LegacyOffsetCommitKey::record_type && type != OffsetCommitKey::record_type)
        return fail(ErrorCode::unsupported_version, "type of record in a transaction");
    return apply_offset(producer, key, value);
}

void StoredGroups::end_transaction(ProducerId producer, bool commit) {
    const std::set<std::string> groups = pending_.groups_of(producer);
    for (TransactionalOffsets::Settled& settled : pending_.end(producer, commit))
        groups_[settled.group].offsets.insert_or_assign(std::move(settled.key),
                                                        std::move(settled.offset));
    for (const std::string& group : groups) drop_if_empty(group);
}

Result<void> StoredGroups::apply_offset(std::optional<ProducerId> producer, Bytes key,
                                        std::optional<Bytes> value) {
    // Types 0 and 1 differ in the type alone; values of both are OffsetCommitValue.
    TRY_ASSIGN(const OffsetCommitKey name, protocol::framing::decode_rest<OffsetCommitKey>(key, 0));
    OffsetKey partition{name.topic.str(), name.partition};
    if (!value) {
        pending_.forget(name.group.str(), partition);
        const auto found = groups_.find(name.group.view());
        if (found != groups_.end()) found->second.offsets.erase(partition);
        drop_if_empty(name.group.str());
        return {};
    }
    TRY_ASSIGN(const OffsetCommitValue wire,
               protocol::decode_coordinator_value<OffsetCommitValue>(*value));
    StoredGroup& group = groups_[name.group.str()];
    if (producer) {
        pending_.hold(*producer, name.group.str(), partition, from_wire(wire));
        return {};
    }
    pending_.supersede(name.group.view(), partition);
    group.offsets.insert_or_assign(std::move(partition), from_wire(wire));
    return {};
}

Result<void> StoredGroups::apply_generation(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const GroupMetadataKey name,
               protocol::decode_coordinator_key<GroupMetadataKey>(key));
    if (!value) {
        const auto found = groups_.find(name.group.view());
        if (found != groups_.end()) found->second.generation.reset();
        drop_if_empty(name.group.str());
        return {};
    }
    TRY_ASSIGN(const GroupMetadataValue wire,
               protocol::decode_coordinator_value<GroupMetadataValue>(*value));
    groups_[name.group.str()].generation = from_wire(wire);
    return {};
}

void StoredGroups::drop_if_empty(const std::string& group) {
    const auto found = groups_.find(group);
    if (found != groups_.end() && found->second.empty() && !pending_.has(group))
        groups_.erase(found);
}

const StoredGroup* StoredGroups::find(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

CoordinatorRecord make_offset_record(std::string_view group, std::string_view topic,
                                     PartitionIndex partition, const CommittedOffset& committed) {
    OffsetCommitValue value;
    value.offset = committed.offset;
    value.leader_epoch = committed.leader_epoch;
    value.metadata = borrow(committed.metadata);
    value.commit_timestamp = committed.commit_ms;
    value.expire_timestamp = committed.expire_ms;
    value.topic_id = committed.topic_id;
    const int16_t version = committed.expire_ms >= 0 ? expiring_offset_version : offset_version;
    return {protocol::encode_coordinator_key(offset_key(group, topic, partition)),
            protocol::encode_coordinator_value(value, version)};
}

CoordinatorRecord make_offset_tombstone(std::string_view group, std::string_view topic,
                                        PartitionIndex partition) {
    return {protocol::encode_coordinator_key(offset_key(group, topic, partition)), std::nullopt};
}

CoordinatorRecord make_generation_record(std::string_view group,
                                         const StoredGeneration& generation) {
    ASSERT(generation.generation >= 0);
    return {protocol::encode_coordinator_key(generation_key(group)),
            protocol::encode_coordinator_value(to_wire(generation), generation_version)};
}

CoordinatorRecord make_generation_tombstone(std::string_view group) {
    return {protocol::encode_coordinator_key(generation_key(group)), std::nullopt};
}

}  // namespace barnabas::broker
