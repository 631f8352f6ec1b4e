// SPDX-License-Identifier: Apache-2.0
// Writing a segment and its indexes, and taking them up again where an earlier process left them.
#include "storage/segment_writer.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/assert.h"
#include "storage/file_names.h"

namespace barnabas::storage {
namespace {

size_t entries_max(const LogConfig& config, size_t entry_size) {
    return std::max<size_t>(2, static_cast<size_t>(config.segment_index_bytes) / entry_size);
}

// Entries of an index file, as far as its size and, for `prefix`, their order allow to believe it.
template <class Entry, class Check>
Result<size_t> believable_entries(const File& file, IndexTrust trust, const Check& check) {
    if (trust == IndexTrust::none) return size_t{0};
    if (trust == IndexTrust::prefix) {
        TRY_ASSIGN(const IndexCheck checked, check());
        return checked.good_entries;
    }
    TRY_ASSIGN(const uint64_t size, file.size());
    return static_cast<size_t>(size / Entry::disk_size);
}

// How many of the first `count` entries have an offset for which `keeps` is true (a prefix).
template <class Entry, class Keeps>
Result<size_t> count_kept(const std::shared_ptr<File>& file, Offset base, size_t count,
                          const Keeps& keeps) {
    const IndexPart<Entry> part{file, base, count, nullptr};
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        TRY_ASSIGN(const Entry entry, part.at(middle, ReadMode::blocking));
        if (keeps(entry.offset))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace

Result<SegmentWriter> SegmentWriter::create(const SegmentHome& home, Offset base) {
    SegmentWriter writer;
    TRY(writer.open_files(home, base, Finding::may_exist));
    // An attempt that failed half way may have left files of that name. Only then it is cut: ext4
    // writes a file that was ever cut to nothing out when it is closed, whoever closes it.
    TRY_ASSIGN(const uint64_t left_size, writer.file_->size());
    if (left_size > 0) TRY(writer.file_->truncate(0));
    TRY(writer.start_indexes(0, 0));
    if (home.config.preallocate)
        TRY(writer.file_->preallocate(static_cast<uint64_t>(home.config.segment_bytes)));
    return writer;
}

Result<SegmentWriter> SegmentWriter::open(const SegmentHome& home, Offset base, Offset end,
                                          IndexTrust trust) {
    SegmentWriter writer;
    TRY(writer.open_files(home, base, Finding::must_exist));
    TRY_ASSIGN(const uint64_t found_size, writer.file_->size());
    writer.checked_ = std::make_shared<CheckedPart>(found_size);
    TRY(writer.restore_indexes(end, trust));
    TRY(writer.restore_position());
    return writer;
}

Result<void> SegmentWriter::open_files(const SegmentHome& home, Offset base, Finding finding) {
    base_ = base;
    config_ = home.config;
    created_ms_ = home.now_ms;
    const auto open = [&](FileKind kind) -> Result<std::shared_ptr<RestingFile>> {
        const RestingFile::Name name{base, kind, home.suffix};
        if (finding == Finding::must_exist) {
            const bool is_log = kind == FileKind::log;
            return RestingFile::open(home.place, name,
                                     is_log ? OpenMode::read_write : OpenMode::create_or_open);
        }
        auto made = RestingFile::open(home.place, name, OpenMode::create_exclusive);
        if (made) (*made)->mark_durable();  // there is nothing in it
        if (made || made.error().os_error != EEXIST) return made;
        return RestingFile::open(home.place, name, OpenMode::read_write);
    };
    TRY_ASSIGN(file_, open(FileKind::log));
    TRY_ASSIGN(offset_file_, open(FileKind::offset_index));
    TRY_ASSIGN(time_file_, open(FileKind::time_index));
    return {};
}

Result<void> SegmentWriter::start_indexes(size_t offset_entries, size_t time_entries) {
    const size_t offsets_max = entries_max(config_, OffsetIndexEntry::disk_size);
    const size_t times_max = entries_max(config_, TimeIndexEntry::disk_size);
    TRY_ASSIGN(offsets_, OffsetIndexWriter::open(offset_file_, base_, offset_entries, offsets_max));
    TRY_ASSIGN(times_, TimeIndexWriter::open(time_file_, base_, time_entries, times_max));
    readable_.reset();
    return {};
}

Result<void> SegmentWriter::restore_indexes(Offset end, IndexTrust trust) {
    TRY_ASSIGN(const uint64_t size, file_->size());
    const auto check_offsets = [&] { return check_offset_index(*offset_file_, base_, end, size); };
    const auto check_times = [&] { return check_time_index(*time_file_, base_, end); };
    TRY_ASSIGN(size_t offsets,
               believable_entries<OffsetIndexEntry>(*offset_file_, trust, check_offsets));
    TRY_ASSIGN(size_t times, believable_entries<TimeIndexEntry>(*time_file_, trust, check_times));
    const auto before_end = [&](Offset offset) { return offset < end; };
    TRY_ASSIGN(offsets, count_kept<OffsetIndexEntry>(offset_file_, base_, offsets, before_end));
    Offset indexed = offset_none;
    if (offsets > 0) {
        const OffsetIndexPart part{offset_file_, base_, offsets, nullptr};
        TRY_ASSIGN(const OffsetIndexEntry last, part.at(offsets - 1, ReadMode::blocking));
        indexed = last.offset;
    }
    // What the time index says of later batches will be noted again.
    const auto is_indexed = [&](Offset offset) { return offset <= indexed; };
    TRY_ASSIGN(times, count_kept<TimeIndexEntry>(time_file_, base_, times, is_indexed));
    return start_indexes(offsets, times);
}

Result<bool> SegmentWriter::indexes_fit() const {
    SegmentExtent whole = extent();
    TRY_ASSIGN(whole.size, file_->size());
    const OffsetIndexEntry& entry = *offsets_.last();
    if (entry.position >= whole.size) return false;
    BatchScanner scanner(*file_, entry.position, whole.size, ReadMode::blocking);
    const auto place = scanner.next();
    if (!place || !*place || (*place)->header.last_offset() != entry.offset) return false;
    if (!times_.last()) return true;
    const auto newest = find_batch(whole, times_.last()->offset, ReadMode::blocking);
    return newest && *newest && (*newest)->header.last_offset() == times_.last()->offset &&
           (*newest)->header.max_timestamp == times_.last()->timestamp_ms;
}

Result<void> SegmentWriter::restore_position() {
    if (!offsets_.last()) return start_indexes(0, 0);
    TRY_ASSIGN(const bool fit, indexes_fit());
    if (!fit) return start_indexes(0, 0);
    BatchScanner scanner(*file_, 0, offsets_.last()->position, ReadMode::blocking);
    const auto first = scanner.next();
    if (!first || !*first) return start_indexes(0, 0);
    first_timestamp_ms_ = (*first)->header.max_timestamp;
    size_ = offsets_.last()->position;
    if (times_.last()) {
        max_timestamp_ms_ = times_.last()->timestamp_ms;
        max_timestamp_offset_ = times_.last()->offset;
    }
    return {};
}

Result<void> SegmentWriter::append(std::span<const Bytes> parts,
                                   std::span<const protocol::BatchHeader> batches) {
    ASSERT(!broken_ && !batches.empty());
    // What fails here has not touched the file.
    TRY(file_->prepare_write());
    auto written = file_->write_at(size_, parts);
    if (!written) {
        // Durably: what a crash brought back of it could pass for later batches.
        broken_ = !cut_file();
        return written;
    }
    for (const protocol::BatchHeader& batch : batches) note(batch);
    return {};
}

void SegmentWriter::note(const protocol::BatchHeader& batch) {
    const Offset last = batch.last_offset();
    ASSERT(batch.base_offset >= base_ && last - base_ <= std::numeric_limits<int32_t>::max());
    if (size_ == 0) first_timestamp_ms_ = batch.max_timestamp;
    if (batch.max_timestamp > max_timestamp_ms_) {
        max_timestamp_ms_ = batch.max_timestamp;
        max_timestamp_offset_ = last;
    }
    // Index positions end at 2 GiB; a segment of ours does too, one that we find need not.
    const bool due = bytes_since_index_ > static_cast<uint64_t>(config_.index_interval_bytes);
    if (due && size_ <= std::numeric_limits<int32_t>::max()) {
        offsets_.append({last, static_cast<uint32_t>(size_)});
        // One place is kept for the entry that sealing adds.
        const size_t times_max = entries_max(config_, TimeIndexEntry::disk_size);
        if (max_timestamp_ms_ >= 0 && times_.count() + 1 < times_max)
            times_.append({max_timestamp_ms_, max_timestamp_offset_});
        bytes_since_index_ = 0;
    }
    size_ += batch.size();
    bytes_since_index_ += batch.size();
}

Result<void> SegmentWriter::cut_file() {
    TRY(file_->truncate(size_));
    return file_->sync();
}

int64_t SegmentWriter::roll_after_ms() const {
    // What is in the active segment cannot be compacted.
    const bool is_bounded = config_.cleanup_compact && config_.max_compaction_lag_ms > 0;
    const int64_t segment_ms = is_bounded
                                   ? std::min(config_.max_compaction_lag_ms, config_.segment_ms)
                                   : config_.segment_ms;
    const int64_t jitter_max = std::min(config_.segment_jitter_ms, segment_ms);
    if (jitter_max <= 0) return segment_ms;
    // Spread over the logs and their segments, the same at every call.
    const uint64_t own = static_cast<uint64_t>(base_.value + 1) + config_.segment_jitter_seed;
    const uint64_t mixed = own * 0x9E3779B97F4A7C15ull;
    return segment_ms - static_cast<int64_t>((mixed >> 16) % static_cast<uint64_t>(jitter_max));
}

bool SegmentWriter::should_roll(uint64_t bytes, Offset last_offset, int64_t timestamp_ms,
                                int64_t now_ms) const {
    if (last_offset - base_ > std::numeric_limits<int32_t>::max()) return true;
    if (size_ == 0) return false;
    if (size_ + bytes > static_cast<uint64_t>(config_.segment_bytes)) return true;
    const size_t times_max = entries_max(config_, TimeIndexEntry::disk_size);
    if (offsets_.full() || times_.count() + 1 >= times_max) return true;
    // By the batches' own time; by ours too, or a first batch from the future would keep the
    // segment open for ever.
    const bool has_times = timestamp_ms >= 0 && first_timestamp_ms_.value_or(-1) >= 0;
    if (has_times && timestamp_ms - *first_timestamp_ms_ > roll_after_ms()) return true;
    return now_ms - created_ms_ > roll_after_ms();
}

SegmentExtent SegmentWriter::seal(int64_t now_ms) {
    created_ms_ = now_ms;
    if (max_timestamp_ms_ >= 0) times_.append({max_timestamp_ms_, max_timestamp_offset_});
    offsets_.finish();
    times_.finish();
    readable_.reset();
    return extent();
}

Result<void> SegmentWriter::sync() {
    return file_->sync();
}

Result<void> SegmentWriter::sync_indexes() {
    TRY(offset_file_->sync());
    return time_file_->sync();
}

void SegmentWriter::mark_durable() {
    for (const auto& file : {file_, offset_file_, time_file_}) file->mark_durable();
}

void SegmentWriter::rest() const {
    for (const auto& file : {file_, offset_file_, time_file_}) file->rest();
}

void SegmentWriter::set_config(const LogConfig& config) {
    config_ = config;
    offsets_.set_entries_max(entries_max(config, OffsetIndexEntry::disk_size));
    times_.set_entries_max(entries_max(config, TimeIndexEntry::disk_size));
}

SegmentExtent SegmentWriter::extent() const {
    const bool is_current = readable_ && readable_->offsets().tail == offsets_.part().tail &&
                            readable_->times().tail == times_.part().tail;
    if (!is_current)
        readable_ = std::make_shared<const ReadableSegment>(file_, offsets_.part(), times_.part(),
                                                            created_ms_, checked_);
    return {readable_,         size_,
            offsets_.count(),  times_.count(),
            max_timestamp_ms_, max_timestamp_offset_};
}

}  // namespace barnabas::storage
