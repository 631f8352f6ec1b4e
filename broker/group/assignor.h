// SPDX-License-Identifier: Apache-2.0
// Server-side assignors (KIP-848): which member is to have which partitions. Pure functions: the
// same question gets the same answer, whatever the order of events was. They are sticky: members
// keep what they had as far as balance allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/consumer_group_types.h"

namespace barnabas::broker {

struct AssignmentTopic {
    Uuid id{};
    int32_t partitions = 0;
};

struct AssignmentMember {
    std::string_view id{};
    std::optional<std::string_view> instance_id{};
    std::vector<uint32_t> topics{};  // sorted indexes into AssignmentQuestion::topics
    const PartitionSet* had = nullptr;
};

struct AssignmentQuestion {
    std::vector<AssignmentTopic> topics{};    // sorted by id
    std::vector<AssignmentMember> members{};  // sorted by id
};

// One set for each member of the question. Every partition of a topic that somebody is subscribed
// to is in exactly one of them, and nobody gets what it is not subscribed to.
using AssignmentAnswer = std::vector<PartitionSet>;
using Assignor = AssignmentAnswer (*)(const AssignmentQuestion&);

// Numbers of partitions differ by at most one where all members are subscribed to the same topics;
// otherwise no partition could move to another of its subscribers and make the two more equal.
AssignmentAnswer assign_uniform(const AssignmentQuestion& question);
// Topic by topic each member gets a range, so that topics with as many partitions and the same
// subscribers are split in the same way (co-partitioning).
AssignmentAnswer assign_range(const AssignmentQuestion& question);

// Null for names that are not known.
Assignor find_assignor(std::string_view name);

}  // namespace barnabas::broker
