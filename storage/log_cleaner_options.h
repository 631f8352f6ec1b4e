// SPDX-License-Identifier: Apache-2.0
// LogCleanerOptions: Kafka's log.cleaner.* settings of this process. A plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace barnabas::storage {

struct LogCleanerOptions {
    bool enabled = true;
    // Logs that are compacted at the same time.
    size_t threads = 1;
    // For the newest offsets of keys, all rounds together.
    uint64_t dedupe_buffer_bytes = 128 << 20;
    double load_factor = 0.9;
    // For what is to be written, all rounds together.
    uint64_t io_buffer_bytes = 512 << 10;
    // Read and written, all rounds together.
    double bytes_per_second = std::numeric_limits<double>::max();
    // After nothing was found to do, or a round failed.
    int64_t backoff_ms = 15'000;
};

}  // namespace barnabas::storage
