// SPDX-License-Identifier: Apache-2.0
// LogSnapshot: what readers may know of a log at one moment. Made on the log's lane after each
// change, handed to the loop, immutable from then on; reads are planned from it alone, so a lane
// that is stuck in a write never delays a fetch. Segments it names stay readable while it is held.
#pragma once

#include <memory>
#include <vector>

#include "storage/aborted_list.h"
#include "storage/log_types.h"

namespace barnabas::storage {

class ReadableSegment;  // storage/segment.h: file, base offset, in-memory sparse indexes

// A segment as of the snapshot: only the first `size` bytes and the first entries are published.
struct SegmentExtent {
    std::shared_ptr<const ReadableSegment> segment;
    uint64_t size = 0;
    size_t offset_index_entries = 0;
    size_t time_index_entries = 0;
    int64_t max_timestamp_ms = -1;
    Offset max_timestamp_offset = offset_none;
};

struct LogSnapshot {
    Offset log_start_offset;
    Offset end_offset;  // of the next record: LEO
    // First offset of the earliest open (or decided but not replicated) transaction; none: no such.
    std::optional<Offset> first_unstable_offset;
    // Sealed segments in offset order, shared between snapshots until one is added or removed.
    std::shared_ptr<const std::vector<SegmentExtent>> sealed;
    SegmentExtent active;
    std::shared_ptr<const std::vector<EpochEntry>> epochs;
    AbortedList aborted;

    // Where the bytes for `request` are. Fails with os_error EAGAIN if `mode` is cached_only and an
    // index or header is not cached; offset_out_of_range outside [log_start, end].
    Result<ReadPlan> plan_read(const ReadRequest& request, ReadMode mode) const;
    // The first record with timestamp >= `timestamp_ms` and offset < `limit`; {-1, -1} if none.
    Result<TimestampOffset> find_by_timestamp(int64_t timestamp_ms, Offset limit,
                                              ReadMode mode) const;
    // The record with the largest timestamp (ListOffsets -3, KIP-734).
    Result<TimestampOffset> find_max_timestamp(Offset limit, ReadMode mode) const;
    // End offset of the largest epoch <= `epoch` (OffsetForLeaderEpoch; pitfall F10).
    EpochEndOffset end_offset_for(LeaderEpoch epoch) const;
    // The epoch under which `offset` was written, or leader_epoch_none.
    LeaderEpoch epoch_at(Offset offset) const;
    // Aborted transactions that overlap [from, to).
    std::vector<AbortedTransaction> aborted_between(Offset from, Offset to) const;
    uint64_t size_bytes() const;
};

}  // namespace barnabas::storage
