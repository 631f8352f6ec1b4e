// SPDX-License-Identifier: Apache-2.0
// A member's next step from what it has towards what it is to have (KIP-848): first it gives up
// what is not its any more, and says so; then it gets what others have given up. So no partition is
// ever owned by two (G08). A pure function.
#pragma once

#include <expected>
#include <functional>

#include "broker/group/consumer_group_types.h"

namespace barnabas::broker {

struct ReconcileQuestion {
    const ConsumerMember& member;
    int32_t target_epoch = 0;
    const PartitionSet& target;
    // What the member says it has; nothing: it did not say.
    const std::optional<PartitionSet>& owned;
    bool subscription_changed = false;
    // Whether the member is subscribed to the topic.
    std::function<bool(const Uuid&)> wants;
    // Whether anybody has the partition, or has not given it up yet.
    std::function<bool(const TopicIdPartition&)> taken;
};

// The member as it is afterwards; fenced_member_epoch where its state is not understood and it has
// not given up everything.
std::expected<ConsumerMember, Refusal> reconcile(const ReconcileQuestion& question);

}  // namespace barnabas::broker
