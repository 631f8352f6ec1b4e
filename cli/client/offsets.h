// SPDX-License-Identifier: Apache-2.0
// Offsets of partitions, from their leaders (ListOffsets).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "cli/client/client.h"

namespace barnabas::cli {

struct PartitionName {
    std::string topic;
    int32_t index = 0;
    std::string str() const { return topic + "-" + std::to_string(index); }
    friend auto operator<=>(const PartitionName&, const PartitionName&) = default;
};

// The special timestamps of ListOffsets.
inline constexpr int64_t latest_time = -1;
inline constexpr int64_t earliest_time = -2;

struct FoundOffset {
    ErrorCode code = ErrorCode::none;
    int64_t offset = -1;  // -1: there is none for that time
    int64_t timestamp = -1;
};
using FoundOffsets = std::map<PartitionName, FoundOffset>;

// One question a leader. A partition without a leader has an error code of its own; throws Failure
// if a broker does not answer or has no such timestamp.
FoundOffsets list_offsets(Client& client, const std::vector<PartitionName>& partitions,
                          int64_t timestamp, bool committed_only = false);

// All partitions of the topics, in order.
std::vector<PartitionName> partitions_of(Client& client, const std::vector<std::string>& topics);

// Where to begin reading: at the known offset of a partition, else at what list_offsets() gives, 0
// where that is nothing.
std::map<PartitionName, int64_t> starting_offsets(Client& client,
                                                  const std::vector<PartitionName>& partitions,
                                                  std::map<PartitionName, int64_t> known,
                                                  int64_t timestamp, bool committed_only);

}  // namespace barnabas::cli
