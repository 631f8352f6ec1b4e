// SPDX-License-Identifier: Apache-2.0
// Walking and searching the batches of a segment.
#include "storage/segment.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t page_size = 4096;
static_assert(EAGAIN == 11, "would_block() spares its users <cerrno>");

// The batch at an index entry's position, if it is the one that the entry means.
Result<std::optional<BatchPlace>> verify(const SegmentExtent& extent, const OffsetIndexEntry& entry,
                                         ReadMode mode) {
    if (entry.position >= extent.size) return std::nullopt;
    BatchScanner scanner(*extent.segment->file(), entry.position, extent.size, mode);
    auto place = scanner.next();
    if (!place && would_block(place.error())) return std::unexpected(place.error());
    if (!place || !*place || (*place)->header.last_offset() != entry.offset) return std::nullopt;
    return *place;
}

// Where a walk to the first batch that fails `before` may begin: a batch for which it holds, or 0.
template <class Before>
Result<uint64_t> walk_start(const SegmentExtent& extent, ReadMode mode, const Before& before) {
    auto entry = extent.segment->offsets().last_where(extent.offset_index_entries, mode, before);
    if (!entry && would_block(entry.error())) return std::unexpected(entry.error());
    if (!entry || !*entry) return 0;
    TRY_ASSIGN(const auto place, verify(extent, **entry, mode));
    return place ? place->position : 0;
}

}  // namespace

Result<Bytes> BatchScanner::header_bytes() {
    const uint64_t wanted = protocol::batch_header_size;
    if (position_ + wanted > end_) return fail(ErrorCode::corrupt_message, "cut batch header");
    if (position_ < buffer_at_ || position_ + wanted > buffer_at_ + buffered_) {
        // To the end of the page at most: the next one may not be cached.
        const uint64_t page_left = page_size - position_ % page_size;
        const size_t size = static_cast<size_t>(
            std::min({end_ - position_, std::max(page_left, wanted), uint64_t{buffer_.size()}}));
        buffered_ = 0;
        TRY_ASSIGN(buffered_, file_.read_at(position_, MutableBytes{buffer_}.first(size), mode_));
        buffer_at_ = position_;
        if (buffered_ < wanted) return fail(ErrorCode::corrupt_message, "log file is too short");
    }
    return Bytes{buffer_}.subspan(static_cast<size_t>(position_ - buffer_at_), wanted);
}

Result<std::optional<BatchPlace>> BatchScanner::next() {
    if (position_ >= end_) return std::nullopt;
    TRY_ASSIGN(const Bytes bytes, header_bytes());
    BatchPlace place;
    place.position = position_;
    TRY_ASSIGN(place.header, protocol::BatchHeader::decode(bytes));
    if (place.end() > end_) return fail(ErrorCode::corrupt_message, "cut batch");
    position_ = place.end();
    return place;
}

Result<uint64_t> find_walk_start(const SegmentExtent& extent, Offset offset, ReadMode mode) {
    const auto before = [&](const OffsetIndexEntry& entry) { return entry.offset <= offset; };
    return walk_start(extent, mode, before);
}

Result<std::optional<BatchPlace>> find_batch(const SegmentExtent& extent, Offset offset,
                                             ReadMode mode) {
    ASSERT(extent.segment);
    TRY_ASSIGN(const uint64_t start, find_walk_start(extent, offset, mode));
    BatchScanner scanner(*extent.segment->file(), start, extent.size, mode);
    while (true) {
        TRY_ASSIGN(auto place, scanner.next());
        if (!place || place->header.last_offset() >= offset) return place;
    }
}

Result<uint64_t> find_limit(const SegmentExtent& extent, Offset limit, ReadMode mode) {
    TRY_ASSIGN(const auto place, find_batch(extent, limit, mode));
    return place ? place->position : extent.size;
}

Result<uint64_t> find_boundary(const SegmentExtent& extent, uint64_t from, uint64_t position_max,
                               ReadMode mode) {
    ASSERT(from <= extent.size);
    if (position_max >= extent.size) return extent.size;
    const auto before = [&](const OffsetIndexEntry& entry) {
        return entry.position <= position_max;
    };
    TRY_ASSIGN(const uint64_t start, walk_start(extent, mode, before));
    BatchScanner scanner(*extent.segment->file(), std::max(start, from), extent.size, mode);
    while (true) {
        const uint64_t boundary = scanner.position();
        TRY_ASSIGN(const auto place, scanner.next());
        if (!place || place->end() > position_max) return boundary;
    }
}

void hold_files(const SegmentExtent& extent) {
    for_each_resting(extent, [](const RestingFile& file) { file.hold(); });
}

void hold_files(const LogSnapshot& log) {
    for (const SegmentExtent& extent : *log.sealed) hold_files(extent);
    if (log.active.segment) hold_files(log.active);
}

Result<std::vector<uint8_t>> read_batch(const File& file, const BatchPlace& place, ReadMode mode) {
    std::vector<uint8_t> bytes(static_cast<size_t>(place.header.size()));
    TRY_ASSIGN(const size_t got, file.read_at(place.position, bytes, mode));
    if (got != bytes.size()) return fail(ErrorCode::corrupt_message, "log file is too short");
    return bytes;
}

}  // namespace barnabas::storage
