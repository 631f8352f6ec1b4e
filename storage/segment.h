// SPDX-License-Identifier: Apache-2.0
// ReadableSegment: the readers' side of one segment, immutable while it grows (what is published of
// it is in SegmentExtent). BatchScanner walks the batch headers of a part of it. find_* locate
// batches through the indexes; an index entry that does not fit the log is ignored, at the price of
// a longer walk, so that a damaged index cannot make a wrong answer (pitfall L05). Used from the
// loop (ReadMode::cached_only) and from lanes; never writes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include "base/disk.h"
#include "protocol/record_batch.h"
#include "storage/index.h"
#include "storage/log_snapshot.h"
#include "storage/resting_file.h"

namespace barnabas::storage {

// Which part of a file that an earlier process wrote has had its checksums compared by this one
// (pitfall L28). Any thread.
class CheckedPart {
  public:
    explicit CheckedPart(uint64_t found_size) : found_size_(found_size) {}
    bool covers(uint64_t begin, uint64_t end) const {
        const uint64_t part = part_.load(std::memory_order_acquire);
        return begin >= found_size_ ||
               (begin >= part >> 32 && std::min(end, found_size_) <= (part & 0xffffffffu));
    }
    // One part is remembered: it grows where `begin`-`end` touches it, as reading on does.
    void add(uint64_t begin, uint64_t end) {
        if (end >> 32 != 0) return;
        const uint64_t part = part_.load(std::memory_order_acquire);
        const uint64_t first = part >> 32, last = part & 0xffffffffu;
        const bool touches = begin <= last && first <= end;
        if (touches) begin = std::min(begin, first), end = std::max(end, last);
        part_.store(begin << 32 | end, std::memory_order_release);
    }

  private:
    const uint64_t found_size_;
    std::atomic<uint64_t> part_{0};
};

class ReadableSegment {
  public:
    // `complete_since_ms`: when this process made or found the segment, for batches without
    // timestamps. `checked`: null if this process wrote or walked all of it.
    ReadableSegment(std::shared_ptr<const File> file, OffsetIndexPart offsets, TimeIndexPart times,
                    int64_t complete_since_ms, std::shared_ptr<CheckedPart> checked = nullptr)
        : file_(std::move(file)),
          offsets_(std::move(offsets)),
          times_(std::move(times)),
          complete_since_ms_(complete_since_ms),
          checked_(std::move(checked)) {
        ASSERT(file_ && offsets_.base == times_.base);
    }

    Offset base_offset() const { return offsets_.base; }
    const std::shared_ptr<const File>& file() const { return file_; }
    const OffsetIndexPart& offsets() const { return offsets_; }
    const TimeIndexPart& times() const { return times_; }
    int64_t complete_since_ms() const { return complete_since_ms_; }
    const std::shared_ptr<CheckedPart>& checked() const { return checked_; }

  private:
    const std::shared_ptr<const File> file_;
    const OffsetIndexPart offsets_;
    const TimeIndexPart times_;
    const int64_t complete_since_ms_;
    const std::shared_ptr<CheckedPart> checked_;
};

// A batch and where it is in its segment's file.
struct BatchPlace {
    uint64_t position = 0;
    protocol::BatchHeader header;

    uint64_t end() const { return position + header.size(); }
};

// Gives the batches of [position, end) in order; only headers are read.
class BatchScanner {
  public:
    BatchScanner(const File& file, uint64_t position, uint64_t end, ReadMode mode)
        : file_(file), position_(position), end_(end), mode_(mode) {}

    // nullopt at the end. Fails with corrupt_message where no whole batch lies, with EAGAIN when
    // cached_only would have to wait.
    Result<std::optional<BatchPlace>> next();
    uint64_t position() const { return position_; }

  private:
    Result<Bytes> header_bytes();

    const File& file_;
    uint64_t position_;
    uint64_t end_;
    ReadMode mode_;
    std::array<uint8_t, 4096> buffer_;
    uint64_t buffer_at_ = 0;
    size_t buffered_ = 0;
};

// True for the error that cached_only gives instead of waiting.
inline bool would_block(const Error& error) {
    return error.os_error == 11 /* EAGAIN */;
}

// Calls `what(file)` with each of the segment's files that rest when unused.
template <class What>
void for_each_resting(const SegmentExtent& extent, const What& what) {
    const ReadableSegment& segment = *extent.segment;
    for (const auto& file : {segment.file(), segment.offsets().file, segment.times().file})
        if (const auto* resting = dynamic_cast<const RestingFile*>(file.get())) what(*resting);
}
// Comes before files are renamed or removed that readers may have: they stay open for those.
void hold_files(const SegmentExtent& extent);
void hold_files(const LogSnapshot& log);

// The first batch whose last offset is >= `offset`; nullopt if all published ones end before.
Result<std::optional<BatchPlace>> find_batch(const SegmentExtent& extent, Offset offset,
                                             ReadMode mode);
// Where find_batch() begins to walk: a batch boundary that an index entry tells.
Result<uint64_t> find_walk_start(const SegmentExtent& extent, Offset offset, ReadMode mode);
// Where the batches end that lie wholly below `limit`: the position of the first other one.
Result<uint64_t> find_limit(const SegmentExtent& extent, Offset limit, ReadMode mode);
// The last batch boundary <= `position_max` that is not before `from`, a boundary itself.
Result<uint64_t> find_boundary(const SegmentExtent& extent, uint64_t from, uint64_t position_max,
                               ReadMode mode);

// The whole bytes of a batch that a scanner gave.
Result<std::vector<uint8_t>> read_batch(const File& file, const BatchPlace& place, ReadMode mode);

}  // namespace barnabas::storage
