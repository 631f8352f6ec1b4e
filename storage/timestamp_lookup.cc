// SPDX-License-Identifier: Apache-2.0
// ListOffsets by timestamp: through the time indexes to a segment and a batch, then into the batch,
// compressed or not (pitfall F17).
#include <algorithm>

#include "base/assert.h"
#include "protocol/compression.h"
#include "storage/log_snapshot.h"
#include "storage/segment.h"
#include "storage/segment_walk.h"

namespace barnabas::storage {
namespace {

// What a batch of the log may expand to when a record in it is looked for.
constexpr size_t decompressed_bytes_max = size_t{256} << 20;

// The first record of the batch for which `wanted(offset, timestamp)` is true.
template <class Wanted>
Result<std::optional<TimestampOffset>> find_record(const File& file, const BatchPlace& place,
                                                   ReadMode mode, const Wanted& wanted) {
    const protocol::BatchHeader& header = place.header;
    const auto codec = protocol::codec_of(header.codec_id());
    if (!codec) return fail(ErrorCode::unsupported_compression_type, "codec of a stored batch");
    TRY_ASSIGN(const auto bytes, read_batch(file, place, mode));
    Bytes records = Bytes{bytes}.subspan(protocol::batch_header_size);
    std::vector<uint8_t> expanded;
    if (*codec != protocol::Codec::none) {
        TRY_ASSIGN(expanded, protocol::decompress(*codec, records, decompressed_bytes_max));
        records = expanded;
    }
    protocol::RecordReader reader(records, header.record_count);
    protocol::RecordView record;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) return std::nullopt;
        const Offset offset = header.base_offset + record.offset_delta;
        const int64_t timestamp_ms = header.record_timestamp(record.timestamp_delta);
        if (wanted(offset, timestamp_ms))
            return TimestampOffset{timestamp_ms, offset, header.partition_leader_epoch};
    }
}

// A position before which no batch of the segment reaches `timestamp_ms`.
Result<uint64_t> walk_start(const SegmentExtent& extent, int64_t timestamp_ms, ReadMode mode) {
    const auto earlier = [&](const TimeIndexEntry& entry) {
        return entry.timestamp_ms <= timestamp_ms;
    };
    auto entry = extent.segment->times().last_where(extent.time_index_entries, mode, earlier);
    if (!entry && would_block(entry.error())) return std::unexpected(entry.error());
    if (!entry || !*entry) return 0;
    auto place = find_batch(extent, (*entry)->offset, mode);
    if (!place && would_block(place.error())) return std::unexpected(place.error());
    // The entry is believed only if it fits the log.
    const bool fits = place && *place && (*place)->header.last_offset() == (*entry)->offset &&
                      (*place)->header.max_timestamp == (*entry)->timestamp_ms;
    return fits ? (*place)->position : 0;
}

Result<std::optional<TimestampOffset>> find_in_segment(const SegmentExtent& extent,
                                                       int64_t timestamp_ms, Offset from,
                                                       ReadMode mode) {
    TRY_ASSIGN(const uint64_t start, walk_start(extent, timestamp_ms, mode));
    const File& file = *extent.segment->file();
    BatchScanner scanner(file, start, extent.size, mode);
    const auto wanted = [&](Offset offset, int64_t timestamp) {
        return offset >= from && timestamp >= timestamp_ms;
    };
    while (true) {
        TRY_ASSIGN(const auto place, scanner.next());
        if (!place) return std::nullopt;
        if (place->header.max_timestamp < timestamp_ms || place->header.last_offset() < from)
            continue;
        TRY_ASSIGN(auto found, find_record(file, *place, mode, wanted));
        if (found) return found;
    }
}

// The first batch with the largest timestamp among those of the segment that lie in [from, limit).
Result<std::optional<BatchPlace>> newest_batch(const SegmentExtent& extent, Offset from,
                                               Offset limit, ReadMode mode) {
    if (extent.max_timestamp_offset >= from && extent.max_timestamp_offset < limit) {
        TRY_ASSIGN(auto known, find_batch(extent, extent.max_timestamp_offset, mode));
        if (known && known->header.max_timestamp == extent.max_timestamp_ms &&
            known->header.record_count > 0)
            return known;
    }
    BatchScanner scanner(*extent.segment->file(), 0, extent.size, mode);
    std::optional<BatchPlace> newest;
    while (true) {
        TRY_ASSIGN(auto place, scanner.next());
        if (!place || place->header.last_offset() >= limit) return newest;
        // Compaction leaves batches without records, whose time is that of none.
        if (place->header.last_offset() < from || place->header.record_count == 0) continue;
        if (!newest || place->header.max_timestamp > newest->header.max_timestamp) newest = place;
    }
}

}  // namespace

Result<TimestampOffset> LogSnapshot::find_by_timestamp(int64_t timestamp_ms, Offset limit,
                                                       ReadMode mode) const {
    for (size_t i = segment_of(*this, log_start_offset); i < segment_count(*this); ++i) {
        const SegmentExtent& extent = segment_at(*this, i);
        if (extent.segment->base_offset() >= limit) break;
        if (extent.max_timestamp_ms < timestamp_ms) continue;
        TRY_ASSIGN(const auto found, find_in_segment(extent, timestamp_ms, log_start_offset, mode));
        if (!found) continue;
        return found->offset < limit ? *found : TimestampOffset{};
    }
    return TimestampOffset{};
}

Result<TimestampOffset> LogSnapshot::find_max_timestamp(Offset limit, ReadMode mode) const {
    const SegmentExtent* best_extent = nullptr;
    std::optional<BatchPlace> best;
    // From the newest segment backwards: in most logs the others need not be looked at.
    for (size_t i = segment_count(*this); i > segment_of(*this, log_start_offset); --i) {
        const SegmentExtent& extent = segment_at(*this, i - 1);
        if (extent.segment->base_offset() >= limit || extent.size == 0) continue;
        if (best && extent.max_timestamp_ms < best->header.max_timestamp) continue;
        TRY_ASSIGN(auto newest, newest_batch(extent, log_start_offset, limit, mode));
        if (!newest || newest->header.max_timestamp == protocol::timestamp_none) continue;
        // Of equal ones the first counts.
        if (best && newest->header.max_timestamp < best->header.max_timestamp) continue;
        best = std::move(newest);
        best_extent = &extent;
    }
    if (!best) return TimestampOffset{};
    const int64_t largest = best->header.max_timestamp;
    const auto wanted = [&](Offset offset, int64_t timestamp) {
        return offset >= log_start_offset && timestamp >= largest;
    };
    const File& file = *best_extent->segment->file();
    TRY_ASSIGN(const auto found, find_record(file, *best, mode, wanted));
    return found.value_or(TimestampOffset{});
}

}  // namespace barnabas::storage
