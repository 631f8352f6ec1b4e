// SPDX-License-Identifier: Apache-2.0
// The walk over everything that may not have reached the device.
#include "storage/recovery_walk.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/log_line.h"
#include "protocol/message_set.h"
#include "storage/file_names.h"

namespace barnabas::storage {

bool fits_segment(const protocol::BatchHeader& batch, Offset base, Offset expected) {
    return batch.base_offset >= std::max(base, expected) &&
           batch.last_offset() - base <= std::numeric_limits<int32_t>::max();
}

Result<void> replay_producers(const std::vector<SegmentExtent>& extents, Offset from, Offset end,
                              int64_t now_ms, ProducerHistory& producers) {
    Offset expected = from;
    for (size_t i = 0; i < extents.size() && from < end; ++i) {
        const bool is_last = i + 1 == extents.size();
        const Offset next_base = is_last ? end : extents[i + 1].segment->base_offset();
        if (next_base <= from) continue;
        TRY_ASSIGN(const auto first, find_batch(extents[i], from, ReadMode::blocking));
        if (!first) continue;
        BatchWalker walker(*extents[i].segment->file(), first->position, extents[i].size);
        while (true) {
            TRY_ASSIGN(const auto batch, walker.next());
            if (!batch) break;
            if (batch->header.base_offset < expected) {
                // The first batch may hold `from` in its middle: the snapshot knows it.
                if (expected != from) return fail(ErrorCode::corrupt_message, "offsets go back");
                continue;
            }
            producers.replay(batch->header, batch->records, now_ms);
            expected = batch->header.next_offset();
        }
        TRY(producers.rewrite_aborted(extents[i].segment->base_offset(), next_base));
    }
    return {};
}

Result<void> RecoveryWalk::run(size_t first, RecoveryReport& report) {
    const std::vector<Offset>& bases = files_.segments;
    ASSERT(first < bases.size());
    expected_ = expected_without_gap_ = bases[first];
    checkpointed_epoch_ = epochs_.latest();
    const size_t segments_found = bases.size();
    const size_t snapshots_found = producers_.snapshots().size();
    for (size_t i = first; i < bases.size(); ++i) {
        if (i > first && lost_end_before(i)) {
            TRY_ASSIGN(records_behind_, has_batches_after(i - 1));
            TRY(report_cut(i - 1, active_->next_position(), report));
            TRY(drop_segments_from(i));
            break;
        }
        expected_ = std::max(expected_, bases[i]);
        TRY_ASSIGN(const bool goes_on, walk_segment(i, report));
        if (!goes_on) break;
    }
    if (stands_alone_) {
        log_error("storage", "{}: the last batch is of leader epoch {}, which never began",
                  options_.directory, walked_epoch_.value);
        return fail(ErrorCode::kafka_storage_error, "damaged batch header");
    }
    TRY(producers_.truncate_files(expected_));
    // Most logs of a large broker end where they were synced, and nothing of them was changed here.
    is_as_synced_ = expected_ <= points_.recovery_point && !is_cut_ &&
                    bases.size() == segments_found &&
                    producers_.snapshots().size() == snapshots_found && !producers_.has_unsynced();
    if (is_as_synced_) return {};
    TRY(disk_.sync_directory(options_.directory));
    return producers_.sync();
}

// Segments begin where the one before ended. Where compaction made that end earlier, it was synced;
// where they begin beyond its reach, a leader's log had a gap.
bool RecoveryWalk::lost_end_before(size_t i) const {
    constexpr int64_t reach = int64_t{std::numeric_limits<int32_t>::max()} + 1;
    const std::vector<Offset>& bases = files_.segments;
    return bases[i] > expected_ && expected_ >= points_.recovery_point &&
           bases[i] - bases[i - 1] <= reach;
}

Result<bool> RecoveryWalk::walk_segment(size_t i, RecoveryReport& report) {
    const Offset base = files_.segments[i];
    const bool is_first = !active_;
    if (active_) TRY(keep(i - 1));
    const SegmentHome home{options_.place, options_.config, options_.now_ms};
    const IndexTrust trust = is_first ? IndexTrust::prefix : IndexTrust::none;
    TRY_ASSIGN(active_, SegmentWriter::open(home, base, points_.replay_from, trust));
    const File& file = *active_->file();
    TRY_ASSIGN(const uint64_t size, file.size());
    const uint64_t begin = active_->next_position();
    if (is_first && epochs_.needs_rebuild()) TRY(assign_epochs(file, 0, begin, epochs_));
    if (begin == 0 && size > 0) ++report.indexes_rebuilt;
    BatchWalker walker(file, begin, size);
    bool whole = true;
    while (true) {
        const auto batch = walker.next();
        if (!batch && batch.error().code != ErrorCode::corrupt_message)
            return std::unexpected(batch.error());
        if (batch && !*batch) break;
        if (batch) TRY(check_overlap(i, **batch));
        if (batch && accept(i, **batch)) continue;
        if (batch) TRY(check_fields_before(**batch));
        TRY(judge(i, file, active_->next_position(), size));
        TRY(report_cut(i, size, report));
        TRY(drop_segments_from(i + 1));
        TRY(active_->cut_file());
        is_cut_ = true;
        whole = false;
        break;
    }
    ++report.segments_scanned;
    report.bytes_scanned += walker.bytes_read();
    if (expected_ > points_.recovery_point) TRY(active_->sync());
    const bool is_last = i + 1 == files_.segments.size();
    const Offset next_base =
        is_last ? Offset{std::numeric_limits<int64_t>::max()} : files_.segments[i + 1];
    TRY(producers_.rewrite_aborted(base, next_base));
    return whole;
}

// A segment that the walk has left behind: its indexes are complete.
Result<void> RecoveryWalk::keep(size_t i) {
    ASSERT(active_->base_offset() == files_.segments[i]);
    sealed_.push_back(active_->seal(options_.now_ms));
    TRY(active_->sync_indexes());
    active_->rest();
    return {};
}

Result<void> RecoveryWalk::check_overlap(size_t i, const WalkedBatch& batch) {
    std::vector<Offset>& bases = files_.segments;
    while (i + 1 < bases.size() && batch.header.last_offset() >= bases[i + 1]) {
        const std::string path = file_path(options_.directory, bases[i + 1], FileKind::log);
        TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::read));
        TRY_ASSIGN(const uint64_t size, file->size());
        if (size > 0) {
            log_error("storage", "segment {} begins inside the one before it", path);
            return fail(ErrorCode::kafka_storage_error, "overlapping segments");
        }
        // Rolling failed after it had made the file.
        TRY(remove_segment_files(disk_, options_.directory, bases[i + 1]));
        bases.erase(bases.begin() + static_cast<ptrdiff_t>(i + 1));
    }
    return {};
}

// The recovery point is the end of a batch, which is still there unless compaction has taken it,
// and that never touches the last segment. Offsets are under no checksum: this is how a damaged one
// shows.
bool RecoveryWalk::misses_recovery_point(size_t i, const protocol::BatchHeader& batch) const {
    const Offset point = points_.recovery_point;
    if (expected_ >= point || batch.next_offset() <= point) return false;
    if (batch.base_offset < point) return true;
    const bool is_last = i + 1 == files_.segments.size();
    return is_last && files_.segments[i] < point;
}

bool RecoveryWalk::accept(size_t i, const WalkedBatch& batch) {
    const protocol::BatchHeader& header = batch.header;
    if (!fits_segment(header, files_.segments[i], expected_)) return false;
    if (misses_recovery_point(i, header)) return false;
    // Bytes of an older file that came back (pitfall L04).
    if (header.partition_leader_epoch < walked_epoch_) return false;
    if (!any_batch_ && !epochs_.needs_rebuild()) epochs_.truncate_from_end(header.base_offset);
    any_batch_ = true;
    const bool is_known = epochs_.needs_rebuild() || checkpointed_epoch_ == leader_epoch_none ||
                          header.partition_leader_epoch <= checkpointed_epoch_;
    stands_alone_ = !is_known && header.partition_leader_epoch != walked_epoch_;
    walked_epoch_ = header.partition_leader_epoch;
    active_->note(header);
    epochs_.assign(header.partition_leader_epoch, header.base_offset);
    if (header.base_offset >= points_.replay_from)
        producers_.replay(header, batch.records, options_.now_ms);
    if (header.base_offset > expected_) expected_without_gap_ = expected_;
    expected_without_gap_ += int64_t{header.last_offset_delta} + 1;
    expected_ = header.next_offset();
    return true;
}

// Offset and epoch are not under a batch's checksum. A valid batch that seems to go back may be one
// of an older file (L04), or a field of the batch before it may have been turned upwards.
Result<void> RecoveryWalk::check_fields_before(const WalkedBatch& batch) const {
    const protocol::BatchHeader& header = batch.header;
    const bool offset_damaged =
        header.base_offset < expected_ && header.base_offset == expected_without_gap_;
    const bool epoch_damaged = header.base_offset == expected_ && !epochs_.needs_rebuild() &&
                               header.partition_leader_epoch <= checkpointed_epoch_ &&
                               walked_epoch_ > checkpointed_epoch_;
    if (!offset_damaged && !epoch_damaged) return {};
    log_error("storage", "{}: the batch before offset {} has a damaged header", options_.directory,
              header.base_offset.value);
    return fail(ErrorCode::kafka_storage_error, "damaged batch header");
}

// What is below the recovery point was synced: not to have it is damage. What is above it was
// promised to survive a loss of power only where acknowledgements wait for fsync. There, a place
// that was never written ends what was acknowledged, any other damage does not; where they do not
// wait, everything behind such a place was never promised.
Result<void> RecoveryWalk::judge(size_t i, const File& file, uint64_t position, uint64_t size) {
    const std::string path = file_path(options_.directory, files_.segments[i], FileKind::log);
    if (expected_ < points_.recovery_point) {
        log_error("storage", "{} is damaged at byte {} (offset {}), below the recovery point {}",
                  path, position, expected_.value, points_.recovery_point.value);
        return fail(ErrorCode::kafka_storage_error, "damage below the recovery point");
    }
    TRY_ASSIGN(const bool is_old, is_old_format(file, position, size));
    if (is_old) {
        log_error("storage", "{} has messages of format 0 or 1 at byte {}", path, position);
        return fail(ErrorCode::kafka_storage_error, "message format 0 or 1");
    }
    const DamagedPlace place{position, size, expected_, walked_epoch_};
    TRY_ASSIGN(const auto behind, find_batch_behind(file, place));
    TRY_ASSIGN(const bool more, has_batches_after(i));
    records_behind_ = behind.has_value() || more;
    const bool acknowledges_synced =
        options_.config.flushes_before_answer() || options_.is_metadata_log;
    if (!records_behind_ || !acknowledges_synced) return {};
    TRY_ASSIGN(const bool unwritten, looks_unwritten(file, place, behind));
    if (unwritten) return {};
    log_error("storage", "{} is damaged at byte {} (offset {}); records follow the damage", path,
              position, expected_.value);
    return fail(ErrorCode::kafka_storage_error, "damage before valid batches");
}

// One line for all that a cut takes away; loud if whole records are among it.
Result<void> RecoveryWalk::report_cut(size_t i, uint64_t size, RecoveryReport& report) const {
    const uint64_t position = active_->next_position();
    uint64_t later_bytes = 0;
    for (size_t later = i + 1; later < files_.segments.size(); ++later) {
        const std::string path =
            file_path(options_.directory, files_.segments[later], FileKind::log);
        TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::read));
        TRY_ASSIGN(const uint64_t bytes, file->size());
        later_bytes += bytes;
    }
    report.bytes_truncated += size - position + later_bytes;
    log_at(records_behind_ ? LogLevel::error : LogLevel::warn, "storage",
           "{} ends at offset {}: cut at byte {} of segment {}, {} bytes there and {} bytes in {} "
           "later segments, {}; synced up to offset {}",
           options_.directory, expected_.value, position, files_.segments[i].value, size - position,
           later_bytes, files_.segments.size() - i - 1,
           records_behind_ ? "with records behind a place that never reached the disk"
                           : "without a whole record",
           points_.recovery_point.value);
    return {};
}

// Messages of before Kafka 0.11 are no damage, although they cannot be walked here.
Result<bool> RecoveryWalk::is_old_format(const File& file, uint64_t position, uint64_t size) const {
    if (size - position < protocol::entry_prefix_size) return false;
    std::array<uint8_t, protocol::entry_prefix_size> head;
    TRY_ASSIGN(const size_t got, file.read_at(position, head));
    if (got < head.size()) return false;
    const auto prefix = protocol::EntryPrefix::decode(head);
    if (!prefix || prefix->magic >= protocol::batch_magic || prefix->size > size - position)
        return false;
    std::vector<uint8_t> entry(static_cast<size_t>(prefix->size));
    TRY_ASSIGN(const size_t entry_got, file.read_at(position, entry));
    if (entry_got < entry.size()) return false;
    const auto message = protocol::LegacyMessage::parse(entry);
    return message && message->crc_valid();
}

Result<bool> RecoveryWalk::has_batches_after(size_t i) const {
    for (size_t later = i + 1; later < files_.segments.size(); ++later) {
        const std::string path =
            file_path(options_.directory, files_.segments[later], FileKind::log);
        TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::read));
        TRY_ASSIGN(const uint64_t size, file->size());
        BatchWalker walker(*file, 0, size);
        const auto batch = walker.next();
        if (!batch && batch.error().code != ErrorCode::corrupt_message)
            return std::unexpected(batch.error());
        if (batch && *batch && (*batch)->header.base_offset >= expected_) return true;
    }
    return false;
}

// From the last one back, so that a crash in between leaves a log without a gap.
Result<void> RecoveryWalk::drop_segments_from(size_t i) {
    if (i >= files_.segments.size()) return {};
    while (files_.segments.size() > i) {
        TRY(remove_segment_files(disk_, options_.directory, files_.segments.back()));
        files_.segments.pop_back();
    }
    return disk_.sync_directory(options_.directory);
}

}  // namespace barnabas::storage
