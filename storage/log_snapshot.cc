// SPDX-License-Identifier: Apache-2.0
// What readers ask of a snapshot: ranges of bytes, epochs, aborted transactions. Lookups by
// timestamp are in timestamp_lookup.cc.
#include "storage/log_snapshot.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/leader_epochs.h"
#include "storage/segment.h"
#include "storage/segment_walk.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {
namespace {

// Collects ranges until the request is satisfied.
class Planner {
  public:
    Planner(const LogSnapshot& log, const ReadRequest& request, ReadMode mode)
        : log_(log),
          request_(request),
          mode_(mode),
          limit_(std::min(request.limit, log.end_offset)) {}

    Result<ReadPlan> run() {
        if (request_.from >= limit_) return plan_;
        for (size_t i = segment_of(log_, request_.from); i < segment_count(log_) && !full_; ++i) {
            if (segment_base(log_, i) >= limit_) break;
            TRY(add_segment(i));
        }
        return std::move(plan_);
    }

  private:
    Result<void> add_segment(size_t i) {
        const SegmentExtent& extent = segment_at(log_, i);
        uint64_t begin = 0;
        std::optional<BatchPlace> first;
        if (plan_.ranges.empty()) {
            TRY_ASSIGN(first, find_batch(extent, request_.from, mode_));
            // Compaction may have removed everything from `from` to the segment's end.
            if (!first) return {};
            begin = first->position;
        }
        TRY_ASSIGN(uint64_t end, end_for_limit(i));
        const uint64_t budget = request_.bytes_max - std::min(request_.bytes_max, plan_.bytes);
        if (end > begin && end - begin > budget) {
            full_ = true;
            TRY_ASSIGN(const uint64_t cut, find_boundary(extent, begin, begin + budget, mode_));
            const bool oversized = cut == begin && first && request_.at_least_one_batch;
            end = oversized ? first->end() : cut;
        }
        if (end <= begin) return {};
        TRY_ASSIGN(plan_.end_offset, offset_at(i, end));
        if (first) plan_.first_offset = first->header.base_offset;
        plan_.ranges.push_back({extent.segment->file(), begin, end - begin});
        plan_.bytes += end - begin;
        return {};
    }

    // Of the batch that begins at `position`, or of what comes behind the segment's last one.
    Result<Offset> offset_at(size_t i, uint64_t position) {
        const SegmentExtent& extent = segment_at(log_, i);
        if (position == extent.size) return end_of(i);
        BatchScanner scanner(*extent.segment->file(), position, extent.size, mode_);
        TRY_ASSIGN(const auto next, scanner.next());
        return next ? next->header.base_offset : end_of(i);
    }

    Offset end_of(size_t i) const {
        return i + 1 == segment_count(log_) ? log_.end_offset : segment_base(log_, i + 1);
    }

    Result<uint64_t> end_for_limit(size_t i) {
        const SegmentExtent& extent = segment_at(log_, i);
        if (limit_ >= end_of(i)) return extent.size;
        return find_limit(extent, limit_, mode_);
    }

    const LogSnapshot& log_;
    const ReadRequest& request_;
    const ReadMode mode_;
    const Offset limit_;
    bool full_ = false;
    ReadPlan plan_;
};

}  // namespace

Result<ReadPlan> LogSnapshot::plan_read(const ReadRequest& request, ReadMode mode) const {
    if (request.from < log_start_offset || request.from > end_offset)
        return fail(ErrorCode::offset_out_of_range, "plan_read");
    return Planner(*this, request, mode).run();
}

EpochEndOffset LogSnapshot::end_offset_for(LeaderEpoch epoch) const {
    return epoch_end_offset(*epochs, epoch, end_offset);
}

LeaderEpoch LogSnapshot::epoch_at(Offset offset) const {
    return epoch_of_offset(*epochs, offset);
}

std::vector<AbortedTransaction> LogSnapshot::aborted_between(Offset from, Offset to) const {
    if (from >= to) return {};
    return overlapping(*aborted, from, to);
}

uint64_t LogSnapshot::size_bytes() const {
    uint64_t total = active.size;
    for (const SegmentExtent& extent : *sealed) total += extent.size;
    return total;
}

}  // namespace barnabas::storage
