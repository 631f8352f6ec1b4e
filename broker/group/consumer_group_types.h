// SPDX-License-Identifier: Apache-2.0
// The values that consumer groups (KIP-848) are made of: partitions, members, targets; the commands
// that come in, the answers that go out. No behaviour.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "broker/group/group_types.h"

namespace barnabas::broker {

struct TopicIdPartition {
    Uuid topic{};
    PartitionIndex partition{};
    friend constexpr auto operator<=>(const TopicIdPartition&, const TopicIdPartition&) = default;
};

// Always sorted, without repetition.
using PartitionSet = std::vector<TopicIdPartition>;

// A partition that a member has, and the member epoch at which it got it: commits of older epochs
// are not about this possession of it (KIP-1251).
struct HeldPartition {
    TopicIdPartition at{};
    int32_t epoch = 0;
    friend constexpr auto operator<=>(const HeldPartition&, const HeldPartition&) = default;
};
using HeldSet = std::vector<HeldPartition>;

enum class MemberState : int8_t {
    stable = 0,
    unrevoked_partitions = 1,   // has been asked to give partitions up
    unreleased_partitions = 2,  // waits for partitions that others have not given up
    unknown = 127,              // written by a version that knows more states
};

// What a member of the classic protocol brought along.
struct ClassicFacts {
    int32_t session_timeout_ms = 0;
    std::vector<GroupProtocol> protocols{};
    friend bool operator==(const ClassicFacts&, const ClassicFacts&) = default;
};

struct ConsumerMember {
    std::string id{};
    // What it said about itself.
    std::optional<std::string> instance_id{};
    std::optional<std::string> rack_id{};
    std::string client_id{};
    std::string client_host{};
    std::vector<std::string> topics{};  // sorted, without repetition
    std::string regex{};                // empty: none
    int32_t rebalance_timeout_ms = -1;
    std::optional<std::string> assignor{};
    std::optional<ClassicFacts> classic{};
    // Where it stands.
    int32_t epoch = 0;
    int32_t previous_epoch = -1;
    MemberState state = MemberState::stable;
    HeldSet assigned{};
    HeldSet revoking{};

    bool is_reconciled_to(int32_t target_epoch) const {
        return state == MemberState::stable && epoch == target_epoch;
    }
    friend bool operator==(const ConsumerMember&, const ConsumerMember&) = default;
};

// A regular expression and the topics it stood for.
struct ResolvedRegex {
    std::vector<std::string> topics{};  // sorted
    int64_t version = 0;
    int64_t resolved_ms = 0;
    friend bool operator==(const ResolvedRegex&, const ResolvedRegex&) = default;
};

// Member epochs with a meaning of their own.
inline constexpr int32_t epoch_join = 0;
inline constexpr int32_t epoch_leave = -1;
inline constexpr int32_t epoch_leave_static = -2;

struct ConsumerHeartbeat {
    int16_t version = 1;
    std::string group{};
    std::string member_id{};
    int32_t epoch = 0;
    std::optional<std::string> instance_id{};
    std::optional<std::string> rack_id{};
    int32_t rebalance_timeout_ms = -1;
    std::optional<std::vector<std::string>> topics{};  // sorted, without repetition
    std::optional<std::string> regex{};
    std::optional<std::string> assignor{};
    std::optional<PartitionSet> owned{};
    std::string client_id{};
    std::string client_host{};
    // The id to give to a new member that has none (v0).
    std::string fresh_id{};
};

struct ConsumerHeartbeatAnswer {
    ErrorCode error = ErrorCode::none;
    std::optional<std::string> message{};
    std::optional<std::string> member_id{};
    int32_t epoch = 0;
    int32_t heartbeat_interval_ms = 0;
    std::optional<PartitionSet> assignment{};
};

// Why a command is refused; `message` is for people.
struct Refusal {
    ErrorCode error = ErrorCode::none;
    std::string message{};
};

// Whether groups may change their protocol while members are in them.
struct MigrationPolicy {
    bool upgrade = true;
    bool downgrade = true;
};

// What holds for all consumer groups of the broker.
struct ConsumerGroupLimits {
    std::vector<std::string> assignors{"uniform", "range"};  // the first is the default
    int32_t members_max = INT32_MAX;
    // A group with more cannot become a classic one.
    int32_t classic_members_max = INT32_MAX;
    MigrationPolicy migration{};
};

// What may differ from group to group.
struct ConsumerGroupSettings {
    int32_t session_timeout_ms = 45'000;
    int32_t heartbeat_interval_ms = 5000;
    int32_t assignment_interval_ms = 0;
};

PartitionSet partitions_of(const HeldSet& held);

}  // namespace barnabas::broker
