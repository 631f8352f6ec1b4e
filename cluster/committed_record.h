// SPDX-License-Identifier: Apache-2.0
// CommittedRecord and SnapshotId: what a metadata log hands to those who follow it. Plain values.
#pragma once

#include <compare>

#include "base/bytes.h"
#include "base/ids.h"

namespace barnabas::cluster {

struct SnapshotId {
    Offset end_offset;  // exclusive
    LeaderEpoch epoch;
    friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

// A committed record: `value` is a framed metadata record (uvarint 1, key, version, body).
struct CommittedRecord {
    Offset offset;
    Bytes value;
};

}  // namespace barnabas::cluster
