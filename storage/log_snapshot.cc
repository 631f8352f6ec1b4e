// SPDX-License-Identifier: Apache-2.0
// What readers ask of a snapshot: ranges of bytes, epochs, aborted transactions. Lookups by
// timestamp are in timestamp_lookup.cc.
#include "storage/log_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/batch_walker.h"
#include "storage/leader_epochs.h"
#include "storage/segment.h"
#include "storage/segment_walk.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {
namespace {

// Compares the checksums of the batches in a part of segment number `i`, and that offsets and
// epochs, which are under none, fit their neighbours.
// [walk_from, begin) only tells which offset may come at `begin`.
Result<void> check_batches(const LogSnapshot& log, size_t i, uint64_t walk_from, uint64_t begin,
                           uint64_t end) {
    const SegmentExtent& extent = segment_at(log, i);
    const bool is_last = i + 1 == segment_count(log);
    const Offset limit = is_last ? log.end_offset : segment_base(log, i + 1);
    Offset expected = extent.segment->base_offset();
    BatchScanner before(*extent.segment->file(), walk_from, begin, ReadMode::blocking);
    while (true) {
        TRY_ASSIGN(const auto place, before.next());
        if (!place) break;
        expected = place->header.next_offset();
    }
    BatchWalker walker(*extent.segment->file(), begin, end);
    const auto damaged = [&](std::string_view what) {
        log_error("storage", "damaged batch before byte {} of the segment at offset {}: {}",
                  walker.position(), extent.segment->base_offset().value, what);
        return fail(ErrorCode::corrupt_message, "damaged batch");
    };
    while (walker.position() < end) {
        const auto batch = walker.next();
        if (!batch && batch.error().code != ErrorCode::corrupt_message)
            return std::unexpected(batch.error());
        if (!batch || !*batch) return damaged("checksum");
        const protocol::BatchHeader& header = (*batch)->header;
        if (header.base_offset < expected || header.last_offset() >= limit)
            return damaged(fmt::format("offsets {} to {}, expected from {} and below {}",
                                       header.base_offset.value, header.last_offset().value,
                                       expected.value, limit.value));
        const LeaderEpoch epoch = log.epoch_at(header.base_offset);
        if (epoch != leader_epoch_none && epoch != header.partition_leader_epoch)
            return damaged(fmt::format("leader epoch {}, expected {}",
                                       header.partition_leader_epoch.value, epoch.value));
        expected = header.next_offset();
    }
    if (end >= extent.size) return {};
    BatchScanner behind(*extent.segment->file(), end, extent.size, ReadMode::blocking);
    const auto next = behind.next();
    if (next && *next && (*next)->header.base_offset < expected)
        return damaged("the next offset is lower");
    return {};
}

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
            begin = first ? first->position : extent.size;
            if (!first || first->header.base_offset > request_.from) TRY(check_gap(i, begin));
            // Compaction may have removed everything from `from` to the segment's end.
            if (!first) return {};
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
        TRY(check(i, begin, end, first));
        if (first) plan_.first_offset = first->header.base_offset;
        TRY_ASSIGN(auto file, RestingFile::opened(extent.segment->file(), mode_));
        plan_.ranges.push_back({std::move(file), begin, end - begin});
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

    // What comes from the device, and what an earlier process wrote, is served after its checksums
    // were compared (pitfall L28): that takes a read, so the loop sends it to a lane.
    Result<void> check(size_t i, uint64_t begin, uint64_t end,
                       const std::optional<BatchPlace>& first) {
        const SegmentExtent& extent = segment_at(log_, i);
        const auto& checked = extent.segment->checked();
        if (checked && checked->covers(begin, end)) return {};
        if (mode_ == ReadMode::cached_only) {
            if (!checked) return {};
            return fail(ErrorCode::kafka_storage_error, "not checked yet", EAGAIN);
        }
        // With what is before it, back to an index entry: nothing may hide behind an offset that is
        // not the batch's own.
        uint64_t walk_from = begin;
        if (first) {
            TRY_ASSIGN(walk_from, find_walk_start(extent, request_.from, mode_));
        }
        TRY(check_batches(log_, i, walk_from, begin, end));
        if (checked) checked->add(begin, end);
        return {};
    }

    // The batch of `from` was not found before `end`. Compaction removes batches, but a damaged
    // header, too, may tell an end of its batch that lies too low.
    Result<void> check_gap(size_t i, uint64_t end) {
        const SegmentExtent& extent = segment_at(log_, i);
        const auto& checked = extent.segment->checked();
        if (mode_ == ReadMode::cached_only && !checked) return {};
        TRY_ASSIGN(const uint64_t begin, find_walk_start(extent, request_.from, mode_));
        if (begin >= end || (checked && checked->covers(begin, end))) return {};
        if (mode_ == ReadMode::cached_only)
            return fail(ErrorCode::kafka_storage_error, "not checked yet", EAGAIN);
        TRY(check_batches(log_, i, begin, begin, end));
        if (checked) checked->add(begin, end);
        return {};
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
    return aborted.overlapping(from, to);
}

uint64_t LogSnapshot::size_bytes() const {
    uint64_t total = active.size;
    for (const SegmentExtent& extent : *sealed) total += extent.size;
    return total;
}

}  // namespace barnabas::storage
