// SPDX-License-Identifier: Apache-2.0
// TopicPartition: which log is meant, by the name of its topic. A plain value.
#pragma once

#include <compare>
#include <string>

#include "base/ids.h"

namespace barnabas::storage {

struct TopicPartition {
    std::string topic;
    PartitionIndex partition;
    friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
    // "topic-3", the name of the partition's directory.
    std::string directory_name() const { return topic + "-" + std::to_string(partition.value); }
};

}  // namespace barnabas::storage
