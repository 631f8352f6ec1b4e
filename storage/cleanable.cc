// SPDX-License-Identifier: Apache-2.0
// The limits of a round of compaction; see the header.
#include "storage/cleanable.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "storage/segment_walk.h"

namespace barnabas::storage {
namespace {

// Has some record of the segment not rested for min.compaction.lag.ms yet?
bool is_young(const SegmentExtent& extent, const LogConfig& config, int64_t now_ms) {
    if (config.min_compaction_lag_ms <= 0) return false;
    const int64_t newest = extent.max_timestamp_ms >= 0 ? extent.max_timestamp_ms
                                                        : extent.segment->complete_since_ms();
    return newest > now_ms - config.min_compaction_lag_ms;
}

}  // namespace

CleanableRange cleanable_range(const LogSnapshot& log, const LogConfig& config,
                               const CleanableLimits& limits) {
    CleanableRange range;
    range.from =
        std::max(limits.cleaned_until.value_or(log.log_start_offset), log.log_start_offset);
    // What the checkpoint says belongs to another log.
    if (range.from > log.end_offset) range.from = log.log_start_offset;
    const Offset stable = std::min(limits.last_stable, limits.recovery_point);
    const size_t sealed = log.sealed->size();
    range.until = segment_base(log, 0);
    for (size_t i = 0; i < sealed; ++i) {
        const SegmentExtent& extent = segment_at(log, i);
        const Offset end = segment_base(log, i + 1);
        const bool is_dirty = end > range.from;
        if (end > stable || (is_dirty && is_young(extent, config, limits.now_ms))) break;
        (is_dirty ? range.dirty_bytes : range.clean_bytes) += extent.size;
        range.until = end;
    }
    range.from = std::min(range.from, range.until);
    return range;
}

Result<bool> compaction_overdue(const LogSnapshot& log, const LogConfig& config,
                                const CleanableRange& range, int64_t now_ms) {
    if (config.max_compaction_lag_ms == std::numeric_limits<int64_t>::max()) return false;
    for (size_t i = 0; i < log.sealed->size() && segment_base(log, i) < range.until; ++i) {
        if (segment_base(log, i + 1) <= range.from) continue;
        const SegmentExtent& extent = segment_at(log, i);
        BatchScanner scanner(*extent.segment->file(), 0, extent.size, ReadMode::blocking);
        TRY_ASSIGN(const auto first, scanner.next());
        if (!first || first->header.max_timestamp <= 0) continue;
        if (now_ms - first->header.max_timestamp >
            std::max<int64_t>(config.max_compaction_lag_ms, 0))
            return true;
    }
    return false;
}

}  // namespace barnabas::storage
