// SPDX-License-Identifier: Apache-2.0
// The segments of a snapshot as one sequence: the sealed ones, then the active one.
#pragma once

#include <algorithm>

#include "storage/log_snapshot.h"
#include "storage/segment.h"

namespace barnabas::storage {

inline size_t segment_count(const LogSnapshot& log) {
    return log.sealed->size() + (log.active.segment ? 1 : 0);
}
inline const SegmentExtent& segment_at(const LogSnapshot& log, size_t i) {
    return i < log.sealed->size() ? (*log.sealed)[i] : log.active;
}
inline Offset segment_base(const LogSnapshot& log, size_t i) {
    return segment_at(log, i).segment->base_offset();
}
// The segment whose range of offsets holds `offset` (the first one for offsets below it).
inline size_t segment_of(const LogSnapshot& log, Offset offset) {
    if (log.active.segment && log.active.segment->base_offset() <= offset)
        return log.sealed->size();
    const auto base = [](const SegmentExtent& extent) { return extent.segment->base_offset(); };
    const auto above = std::ranges::upper_bound(*log.sealed, offset, {}, base);
    const auto index = above - log.sealed->begin();
    return index == 0 ? 0 : static_cast<size_t>(index - 1);
}

}  // namespace barnabas::storage
