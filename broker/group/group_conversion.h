// SPDX-License-Identifier: Apache-2.0
// Members of a classic group as members of a consumer group, and back: for groups that are upgraded
// or downgraded while they are in use (KIP-848). Pure functions.
#pragma once

#include <expected>
#include <vector>

#include "broker/group/classic_group.h"
#include "broker/group/consumer_group.h"

namespace barnabas::broker {

// group_id_not_found, as Kafka says it, where the group cannot become a consumer group.
std::expected<std::vector<ConsumerMember>, Refusal> to_consumer_members(
    const ClassicGroup& group, const ConsumerGroupLimits& limits,
    const cluster::MetadataImage& image);

// All members use the classic protocol; each gets what it was to have.
std::vector<ClassicGroup::MemberFacts> to_classic_members(const ConsumerGroup& group,
                                                          const cluster::MetadataImage& image);

}  // namespace barnabas::broker
