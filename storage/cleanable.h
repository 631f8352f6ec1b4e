// SPDX-License-Identifier: Apache-2.0
// Which part of a log compaction may go over now, and how urgent that is. Pure functions of a
// snapshot, but for compaction_overdue(), which reads batch headers.
#pragma once

#include <optional>

#include "storage/log_config.h"
#include "storage/log_snapshot.h"

namespace barnabas::storage {

// What is known of a log beside its snapshot.
struct CleanableLimits {
    std::optional<Offset> cleaned_until;  // none: never compacted
    // Records at and beyond it may still change or become aborted (pitfall K05).
    Offset last_stable;
    // Segments that are not durable yet are left alone.
    Offset recovery_point;
    int64_t now_ms = 0;
};

struct CleanableRange {
    Offset from;
    Offset until;  // base of the first segment that must stay as it is
    uint64_t clean_bytes = 0;
    uint64_t dirty_bytes = 0;

    // 0 to 1: what min.cleanable.dirty.ratio is compared with.
    double dirty_ratio() const {
        const auto all = static_cast<double>(clean_bytes + dirty_bytes);
        return all > 0 ? static_cast<double>(dirty_bytes) / all : 0;
    }
};

CleanableRange cleanable_range(const LogSnapshot& log, const LogConfig& config,
                               const CleanableLimits& limits);

// True if some record of the range has waited for longer than max.compaction.lag.ms, by the first
// timestamps of its segments. Blocks.
Result<bool> compaction_overdue(const LogSnapshot& log, const LogConfig& config,
                                const CleanableRange& range, int64_t now_ms);

}  // namespace barnabas::storage
