// SPDX-License-Identifier: Apache-2.0
// Making a log shorter: truncation at its end, DeleteRecords and retention at its start.
#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/batch_walker.h"
#include "storage/disk_log.h"
#include "storage/file_names.h"
#include "storage/log_files.h"
#include "storage/recovery_walk.h"
#include "storage/segment_walk.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
SegmentExtent DiskLog::extent_at(size_t i) const {
    ASSERT(i <= sealed_->size());
    return i < sealed_->size() ? (*sealed_)[i] : active_.extent();
}

std::vector<SegmentExtent> DiskLog::all_extents() const {
    std::vector<SegmentExtent> all = *sealed_;
    all.push_back(active_.extent());
    return all;
}

Result<void> DiskLog::truncate_to(Offset offset) {
    TRY(usable());
    if (offset >= end_) return {};
    if (offset < first_base()) return truncate_fully_and_start_at(offset);
    const auto cut = cut_to(offset);
    if (!cut) return go_offline(cut.error());
    log_info("storage", "{} truncated to offset {}", options_.directory, end_.value);
    publish();
    return {};
}

// A batch that holds `offset` in its middle goes as a whole. Everything is durable when this
// returns: what a crash brought back of the old end could pass for a continuation of the new one.
Result<void> DiskLog::cut_to(Offset offset) {
    TRY(producers_.truncate_files(offset));
    const size_t index = segment_of(*snapshot_, offset);
    const Offset base = extent_at(index).segment->base_offset();
    const auto seal = active_.seal(now_ms_);
    ASSERT(seal.size == active_.next_position());
    for (size_t later = sealed_->size(); later > index; --later) {
        hold_files(extent_at(later));
        TRY(remove_segment_files(disk_, options_.directory,
                                 extent_at(later).segment->base_offset()));
    }
    TRY(disk_.sync_directory(options_.directory));
    std::erase_if(unsynced_,
                  [&](const SegmentWriter& writer) { return writer.base_offset() >= base; });
    TRY_ASSIGN(const Offset last_end, open_cut_segment(index, offset));
    end_ = std::max(last_end, std::min(offset, log_start_));
    log_start_ = std::min(log_start_, end_);
    recovery_point_ = std::min(recovery_point_, end_);
    if (interim_snapshot_ && *interim_snapshot_ > end_) interim_snapshot_.reset();
    TRY(producers_.truncate_files(end_));
    TRY(disk_.sync_directory(options_.directory));
    TRY(restore_producers(end_));
    // A row of what is gone would pass for one of what comes in its place (pitfall X21).
    TRY(producers_.rewrite_aborted(active_.base_offset(), end_));
    TRY(producers_.sync());
    TRY(disk_.sync_directory(options_.directory));
    epochs_.truncate_from_end(end_);
    return epochs_.save();
}

// Makes segment number `index` the active one, without the batches that reach `offset`. Gives the
// offset after the last batch that stays.
Result<Offset> DiskLog::open_cut_segment(size_t index, Offset offset) {
    const SegmentExtent old = extent_at(index);
    const Offset base = old.segment->base_offset();
    auto kept = std::make_shared<std::vector<SegmentExtent>>(*sealed_);
    kept->resize(std::min(index, kept->size()));
    TRY_ASSIGN(active_, SegmentWriter::open(home(now_ms_), base, offset, IndexTrust::whole));
    BatchScanner scanner(*active_.file(), active_.next_position(), old.size, ReadMode::blocking);
    Offset end = base;
    while (true) {
        TRY_ASSIGN(const auto place, scanner.next());
        if (!place || place->header.last_offset() >= offset) break;
        if (!fits_segment(place->header, base, end))
            return fail(ErrorCode::corrupt_message, "offsets of a segment");
        active_.note(place->header);
        end = place->header.next_offset();
    }
    sealed_ = std::move(kept);
    TRY(active_.cut_file());
    return end;
}

Result<void> DiskLog::restore_producers(Offset end) {
    std::vector<Offset> bases;
    const auto extents = all_extents();
    for (const SegmentExtent& extent : extents) bases.push_back(extent.segment->base_offset());
    TRY_ASSIGN(const Offset from, producers_.restore(end, first_base(), now_ms_));
    TRY(producers_.load_aborted(bases, from));
    return replay_producers(extents, from, end, now_ms_, producers_);
}

Result<void> DiskLog::truncate_fully_and_start_at(Offset offset) {
    TRY(usable());
    ASSERT(offset.value >= 0);
    hold_files(*snapshot_);
    const auto restart = [&]() -> Result<void> {
        for (size_t i = sealed_->size() + 1; i > 0; --i)
            TRY(remove_segment_files(disk_, options_.directory,
                                     extent_at(i - 1).segment->base_offset()));
        while (!producers_.snapshots().empty())
            TRY(producers_.remove_snapshot(*producers_.snapshots().begin()));
        TRY(disk_.sync_directory(options_.directory));
        epochs_.clear();
        TRY(epochs_.save());
        TRY_ASSIGN(active_, SegmentWriter::create(home(now_ms_), offset));
        return disk_.sync_directory(options_.directory);
    };
    const auto restarted = restart();
    if (!restarted) return go_offline(restarted.error());
    sealed_ = std::make_shared<const std::vector<SegmentExtent>>();
    unsynced_.clear();
    interim_snapshot_.reset();
    log_start_ = end_ = recovery_point_ = offset;
    const auto emptied = restore_producers(end_);
    if (!emptied) return go_offline(emptied.error());
    publish();
    return {};
}

Result<void> DiskLog::advance_log_start(Offset offset) {
    TRY(usable());
    if (offset > end_) return fail(ErrorCode::offset_out_of_range, "new log start");
    if (offset <= log_start_) return {};
    log_start_ = offset;
    size_t below = 0;
    while (below < sealed_->size() && extent_at(below + 1).segment->base_offset() <= offset)
        ++below;
    const auto deleted = delete_segments(below);
    publish();
    return deleted;
}

// Removes the first `count` sealed segments from the log; their files stay, renamed, for a while.
Result<void> DiskLog::delete_segments(size_t count) {
    ASSERT(count <= sealed_->size());
    // What stays is durable by name before anything goes, or a crash could leave neither, and
    // offsets would be given anew.
    if (count > 0 && directory_changed_) {
        TRY(disk_.sync_directory(options_.directory));
        directory_changed_ = false;
    }
    for (size_t i = 0; i < count; ++i) {
        const Offset base = sealed_->front().segment->base_offset();
        hold_files(sealed_->front());
        TRY(mark_deleted(base));
        auto rest =
            std::make_shared<std::vector<SegmentExtent>>(sealed_->begin() + 1, sealed_->end());
        sealed_ = std::move(rest);
        std::erase_if(unsynced_,
                      [&](const SegmentWriter& writer) { return writer.base_offset() == base; });
        log_start_ = std::max(log_start_, first_base());
    }
    if (count > 0) TRY(producers_.advance_start(first_base()));
    recovery_point_ = std::max(recovery_point_, first_base());
    epochs_.truncate_from_start(log_start_);
    return save_epochs_if_space();
}

Result<void> DiskLog::mark_deleted(Offset base) {
    for (const FileKind kind : segment_kinds) {
        const std::string path = file_path(options_.directory, base, kind);
        const auto renamed = disk_.rename(path, path + std::string(deleted_suffix));
        if (!renamed && renamed.error().os_error != ENOENT) return renamed;
    }
    deleted_.push_back({now_ms_ + options_.config.file_delete_delay_ms, base});
    // One after another: a crash must not leave a hole between older segments and newer ones.
    return disk_.sync_directory(options_.directory);
}

// Shortening needs no space in a log that has run out of it (pitfall L13); the next save catches
// up.
Result<void> DiskLog::save_epochs_if_space() {
    auto saved = epochs_.save();
    if (!saved && saved.error().os_error == ENOSPC) return {};
    return saved;
}

// `size_left`: bytes of this segment and all after it, beyond retention.bytes.
bool DiskLog::may_delete(size_t i, int64_t size_left) const {
    const SegmentExtent extent = extent_at(i);
    const bool is_active = i == sealed_->size();
    const Offset end = is_active ? end_ : extent_at(i + 1).segment->base_offset();
    if (!is_active && end <= log_start_) return true;
    const LogConfig& config = options_.config;
    if (!config.cleanup_delete) return false;
    if (extent.size == 0) return !is_active;
    if (config.retention_bytes >= 0 && size_left - static_cast<int64_t>(extent.size) >= 0)
        return true;
    // A timestamp from the future would keep the segment, and all after it, for ever (pitfall K02).
    const bool is_usable = extent.max_timestamp_ms >= 0 && extent.max_timestamp_ms <= now_ms_;
    const int64_t written_ms = is_active ? last_append_ms_ : extent.segment->complete_since_ms();
    const int64_t newest = is_usable ? extent.max_timestamp_ms : written_ms;
    return config.retention_ms >= 0 && now_ms_ - newest > config.retention_ms;
}

// How many segments from the first one on may go; the active one counts.
size_t DiskLog::count_deletable(Offset high_watermark) const {
    int64_t size_left =
        static_cast<int64_t>(snapshot_->size_bytes()) - options_.config.retention_bytes;
    size_t count = 0;
    for (; count <= sealed_->size(); ++count) {
        const bool is_active = count == sealed_->size();
        const Offset end = is_active ? end_ : extent_at(count + 1).segment->base_offset();
        if (end > high_watermark || !may_delete(count, size_left)) break;
        size_left -= static_cast<int64_t>(extent_at(count).size);
    }
    return count;
}

Result<size_t> DiskLog::apply_retention(int64_t now_ms, Offset high_watermark) {
    TRY(usable());
    now_ms_ = now_ms;
    producers_.expire(now_ms_);
    const size_t count = count_deletable(high_watermark);
    if (count == 0) return 0;
    // The active segment's records may all be due: then the log goes on in a new one.
    if (count > sealed_->size()) TRY(roll_to(end_, now_ms_));
    const auto deleted = delete_segments(count);
    publish();
    if (!deleted) return std::unexpected(deleted.error());
    return count;
}

Result<void> DiskLog::purge_deleted(int64_t now_ms) {
    const std::string suffix(deleted_suffix);
    while (!deleted_.empty() && deleted_.front().due_ms <= now_ms) {
        for (const FileKind kind : segment_kinds)
            TRY(remove_if_present(
                disk_, file_path(options_.directory, deleted_.front().base, kind) + suffix));
        deleted_.erase(deleted_.begin());
        directory_changed_ = true;
    }
    return {};
}

}  // namespace barnabas::storage
