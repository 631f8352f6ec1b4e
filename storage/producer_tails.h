// SPDX-License-Identifier: Apache-2.0
// ProducerTails: what is last in the log of each active producer. Compaction must leave a trace of
// it, or the producer's sequence numbers and epoch would be lost with its records (pitfall K10).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/ids.h"

namespace barnabas::storage {

struct ProducerTail {
    std::optional<Offset> last_data_offset;  // none: only markers
    int16_t epoch = -1;
};
using ProducerTails = std::unordered_map<ProducerId, ProducerTail>;

}  // namespace barnabas::storage
