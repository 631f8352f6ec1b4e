// SPDX-License-Identifier: Apache-2.0
// What a log knows of its producers, for others. ProducerTails: what is last in the log of each.
// Compaction must leave a trace of it, or the producer's sequence numbers and epoch would be lost
// with its records (pitfall K10).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace barnabas::storage {

struct ProducerTail {
    std::optional<Offset> last_data_offset;  // none: only markers
    int16_t epoch = -1;
};
// A producer as DescribeProducers tells it (KIP-664).
struct ActiveProducer {
    ProducerId producer_id;
    int16_t epoch = -1;
    int32_t last_sequence = -1;
    int64_t last_timestamp_ms = -1;
    int32_t coordinator_epoch = -1;
    Offset transaction_first_offset = offset_none;  // none: no transaction is open
    friend bool operator==(const ActiveProducer&, const ActiveProducer&) = default;
};
using ActiveProducers = std::vector<ActiveProducer>;

using ProducerTails = std::unordered_map<ProducerId, ProducerTail>;

}  // namespace barnabas::storage
