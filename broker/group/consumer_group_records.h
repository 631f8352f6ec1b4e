// SPDX-License-Identifier: Apache-2.0
// The records of consumer groups in __consumer_offsets (types 3-8 and 16), between values and
// Kafka's schemas. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "broker/group/consumer_group_types.h"
#include "broker/group/group_records.h"

namespace barnabas::broker {

// Whether a key of this type is about a consumer group.
bool is_consumer_group_record(int16_t key_type);

CoordinatorRecord make_group_epoch_record(std::string_view group, int32_t epoch, uint64_t hash);
CoordinatorRecord make_group_epoch_tombstone(std::string_view group);
CoordinatorRecord make_partition_metadata_tombstone(std::string_view group);
CoordinatorRecord make_member_record(std::string_view group, const ConsumerMember& member);
CoordinatorRecord make_member_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord make_target_epoch_record(std::string_view group, int32_t epoch, int64_t time_ms);
CoordinatorRecord make_target_epoch_tombstone(std::string_view group);
CoordinatorRecord make_target_record(std::string_view group, std::string_view member,
                                     const PartitionSet& partitions);
CoordinatorRecord make_target_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord make_current_record(std::string_view group, const ConsumerMember& member);
CoordinatorRecord make_current_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord make_regex_record(std::string_view group, std::string_view regex,
                                    const ResolvedRegex& resolved);
CoordinatorRecord make_regex_tombstone(std::string_view group, std::string_view regex);

// Records as read; without a value they say that the thing is gone.
struct GroupEpochChange {
    std::optional<int32_t> epoch{};
    uint64_t hash = 0;
};
// Written by Apache Kafka 4.0 and older; what it says is known from the cluster's metadata.
struct PartitionMetadataChange {
    bool present = false;
};
struct MemberChange {
    std::string id{};
    std::optional<ConsumerMember> member{};  // what it said about itself
};
struct TargetEpochChange {
    std::optional<int32_t> epoch{};
    int64_t time_ms = 0;
};
struct TargetChange {
    std::string member{};
    std::optional<PartitionSet> partitions{};
};
struct CurrentChange {
    std::string id{};
    std::optional<ConsumerMember> member{};  // where it stands
};
struct RegexChange {
    std::string regex{};
    std::optional<ResolvedRegex> resolved{};
};
using ConsumerGroupChange =
    std::variant<GroupEpochChange, PartitionMetadataChange, MemberChange, TargetEpochChange,
                 TargetChange, CurrentChange, RegexChange>;

struct ConsumerGroupRecord {
    std::string group{};
    ConsumerGroupChange change{};
};
// Fails with corrupt_message, or unsupported_version for types and versions that are not known.
Result<ConsumerGroupRecord> read_consumer_group_record(Bytes key, std::optional<Bytes> value);

}  // namespace barnabas::broker
