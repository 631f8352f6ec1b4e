// SPDX-License-Identifier: Apache-2.0
// The partitions that --topic-partitions of kafka-get-offsets means: "t:1-3,a.*:0,:2,u".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cli/tools/filters.h"

namespace barnabas::cli {

// One of: TOPIC, TOPIC:N, TOPIC:N-M (N up to and without M), TOPIC:N-, TOPIC:-M; the topic is a
// regular expression and may be missing.
class PartitionRule {
  public:
    // Throws Failure for what is none.
    explicit PartitionRule(std::string_view text);
    bool matches(std::string_view topic, int32_t partition) const {
        return partition >= first_ && partition < end_ && topic_.matches(topic);
    }

  private:
    TopicPattern topic_;
    int32_t first_ = 0;
    int32_t end_ = INT32_MAX;
};

std::vector<PartitionRule> parse_partition_rules(std::string_view text);

// -1 or latest, -2 or earliest, ..., or a timestamp. Throws Failure.
int64_t parse_time(std::string_view text);

}  // namespace barnabas::cli
