// SPDX-License-Identifier: Apache-2.0
// Opening segments that do not grow, without reading them.
#include <algorithm>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/file_names.h"
#include "storage/recovery.h"
#include "storage/recovery_walk.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

// The last entry of an index whose size is right; nullopt inside: an empty file.
template <class Entry>
struct LastEntry {
    bool in_doubt = false;
    size_t count = 0;
    std::optional<Entry> entry;
};

template <class Entry>
Result<LastEntry<Entry>> last_entry(const std::shared_ptr<RestingFile>& file, Offset base,
                                    Offset next_base) {
    LastEntry<Entry> last;
    TRY_ASSIGN(const uint64_t size, file->size());
    last.in_doubt = size % Entry::disk_size != 0;
    last.count = static_cast<size_t>(size / Entry::disk_size);
    if (last.in_doubt || last.count == 0) return last;
    const IndexPart<Entry> part{file, base, last.count, nullptr};
    TRY_ASSIGN(last.entry, part.at(last.count - 1, ReadMode::blocking));
    last.in_doubt = last.entry->offset < base || last.entry->offset >= next_base ||
                    // Zeros at the end of a preallocated file.
                    (last.count > 1 && last.entry->offset == base);
    return last;
}

// Do the indexes fit the batches from the last indexed one to the segment's end? A few headers
// tell: in most logs the largest timestamp is among them.
Result<bool> end_fits(const SegmentExtent& extent, Offset next_base) {
    uint64_t position = 0;
    std::optional<Offset> last_indexed;
    if (extent.offset_index_entries > 0) {
        TRY_ASSIGN(
            const OffsetIndexEntry last,
            extent.segment->offsets().at(extent.offset_index_entries - 1, ReadMode::blocking));
        position = last.position;
        last_indexed = last.offset;
    }
    BatchScanner scanner(*extent.segment->file(), position, extent.size, ReadMode::blocking);
    while (true) {
        const auto place = scanner.next();
        if (!place && place.error().code != ErrorCode::corrupt_message)
            return std::unexpected(place.error());
        if (!place) return false;
        if (!*place) return true;
        const protocol::BatchHeader& header = (*place)->header;
        if (header.last_offset() >= next_base) return false;
        if (header.max_timestamp > extent.max_timestamp_ms) return false;
        if (last_indexed && header.last_offset() != *last_indexed) return false;
        last_indexed.reset();
    }
}

// nullopt: an index is missing or in doubt.
Result<std::optional<SegmentExtent>> open_as_it_is(Disk& disk, const LogOpenOptions& options,
                                                   Offset base, Offset next_base) {
    for (const FileKind kind : {FileKind::offset_index, FileKind::time_index}) {
        TRY_ASSIGN(const bool exists, disk.exists(file_path(options.directory, base, kind)));
        if (!exists) return std::nullopt;
    }
    const auto open = [&](FileKind kind) {
        return RestingFile::open(options.place, {base, kind}, OpenMode::read_write);
    };
    TRY_ASSIGN(const auto file, open(FileKind::log));
    TRY_ASSIGN(const uint64_t size, file->size());
    TRY_ASSIGN(const auto offset_file, open(FileKind::offset_index));
    TRY_ASSIGN(const auto time_file, open(FileKind::time_index));
    TRY_ASSIGN(const auto offsets, last_entry<OffsetIndexEntry>(offset_file, base, next_base));
    TRY_ASSIGN(const auto times, last_entry<TimeIndexEntry>(time_file, base, next_base));
    if (offsets.in_doubt || times.in_doubt) return std::nullopt;
    if (offsets.entry && offsets.entry->position >= size) return std::nullopt;
    // A segment without any timestamp has an empty time index, but so has one whose index was lost.
    if (!times.entry && size > 0 && !options.clean_shutdown) return std::nullopt;
    SegmentExtent extent;
    extent.size = size;
    extent.offset_index_entries = offsets.count;
    extent.time_index_entries = times.count;
    if (times.entry) {
        extent.max_timestamp_ms = times.entry->timestamp_ms;
        extent.max_timestamp_offset = times.entry->offset;
    }
    extent.segment = std::make_shared<const ReadableSegment>(
        file, OffsetIndexPart{offset_file, base, offsets.count, nullptr},
        TimeIndexPart{time_file, base, times.count, nullptr}, options.now_ms,
        std::make_shared<CheckedPart>(size));
    if (!options.clean_shutdown) {
        TRY_ASSIGN(const bool fits, end_fits(extent, next_base));
        if (!fits) return std::nullopt;
    }
    for_each_resting(extent, [](const RestingFile& each) { each.rest(); });
    return extent;
}

}  // namespace

Result<SealedSegment> open_sealed(Disk& disk, const LogOpenOptions& options, Offset base,
                                  Offset next_base) {
    ASSERT(base < next_base);
    TRY_ASSIGN(auto opened, open_as_it_is(disk, options, base, next_base));
    if (opened) return SealedSegment{*opened, false};
    log_warn("storage", "rebuilding the indexes of {}",
             file_path(options.directory, base, FileKind::log));
    const SegmentHome home{options.place, options.config, options.now_ms};
    TRY_ASSIGN(auto writer, SegmentWriter::open(home, base, next_base, IndexTrust::none));
    TRY_ASSIGN(const uint64_t size, writer.file()->size());
    BatchScanner scanner(*writer.file(), 0, size, ReadMode::blocking);
    Offset expected = base;
    while (true) {
        TRY_ASSIGN(const auto place, scanner.next());
        if (!place) break;
        if (!fits_segment(place->header, base, expected) ||
            place->header.last_offset() >= next_base)
            return fail(ErrorCode::kafka_storage_error, "offsets of a sealed segment");
        writer.note(place->header);
        expected = place->header.next_offset();
    }
    SealedSegment rebuilt{writer.seal(options.now_ms), true};
    TRY(writer.sync_indexes());
    writer.rest();
    return rebuilt;
}

Result<void> assign_epochs(const File& file, uint64_t position, uint64_t end,
                           LeaderEpochs& epochs) {
    BatchScanner scanner(file, position, end, ReadMode::blocking);
    while (true) {
        TRY_ASSIGN(const auto place, scanner.next());
        if (!place) return {};
        if (place->header.base_offset.value < 0)
            return fail(ErrorCode::corrupt_message, "negative offset");
        epochs.assign(place->header.partition_leader_epoch, place->header.base_offset);
    }
}

}  // namespace barnabas::storage
