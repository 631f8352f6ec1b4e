// SPDX-License-Identifier: Apache-2.0
// CommittedOffset: what a group has committed for one partition. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/uuid.h"

namespace barnabas::broker {

struct CommittedOffset {
    Offset offset{};
    LeaderEpoch leader_epoch = leader_epoch_none;
    std::string metadata{};
    int64_t commit_ms = 0;
    int64_t expire_ms = -1;  // asked for by OffsetCommit v2-4; -1: the broker's retention
    Uuid topic_id{};         // zero where the writer did not know it
    friend bool operator==(const CommittedOffset&, const CommittedOffset&) = default;
};

// Topic and partition of a committed offset.
using OffsetKey = std::pair<std::string, PartitionIndex>;

}  // namespace barnabas::broker
