// SPDX-License-Identifier: Apache-2.0
// Which partition of __consumer_offsets keeps a group, and which one of __transaction_state a
// transactional id: the same one as Apache Kafka picks, because the topic's data may come from
// there. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace barnabas::broker {

// Java's String.hashCode of UTF-8 text: over its UTF-16 code units. A byte that is no UTF-8 counts
// as U+FFFD, as Java's decoder has it.
int32_t java_string_hash(std::string_view utf8);
// The hash made non-negative (the smallest int32 becomes 0), modulo `partitions` (> 0).
int32_t partition_for_key(std::string_view key, int32_t partitions);

}  // namespace barnabas::broker
