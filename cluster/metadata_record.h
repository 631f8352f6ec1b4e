// SPDX-License-Identifier: Apache-2.0
// MetadataRecord: a record of `__cluster_metadata` as a value, and the versions in which this
// program writes each type. Plain values, any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/record_framing.h"

namespace barnabas::cluster {

using protocol::MetadataRecord;

// The levels of the feature metadata.version that this program reads and writes: 3.3-IV3 to
// 4.3-IV0.
inline constexpr int16_t metadata_version_min = 7;
inline constexpr int16_t metadata_version_max = 30;

// The framed record in the newest version that every peer at `metadata_version` can read.
std::vector<uint8_t> encode_metadata_record(const MetadataRecord& record, int16_t metadata_version);
// The record borrows from `value`. Fails with unsupported_version for a type or version that this
// program does not know (a newer program wrote it: pitfall A12), corrupt_message for bytes that are
// no record.
Result<MetadataRecord> decode_metadata_record(Bytes value);

}  // namespace barnabas::cluster
