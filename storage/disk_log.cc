// SPDX-License-Identifier: Apache-2.0
// Opening, publishing, rolling, flushing and closing a log.
#include "storage/disk_log.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/log_line.h"
#include "storage/log_files.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

// With so much appended since the last one, a flush stores the producers.
constexpr uint64_t interim_snapshot_bytes = 64 << 20;

}  // namespace

Result<std::unique_ptr<Log>> Log::open(Disk& disk, LogOpenOptions options) {
    options.config.segment_jitter_seed = crc32c(as_bytes(options.directory));
    // Almost always it is there, which one call tells.
    TRY_ASSIGN(const bool exists, disk.exists(options.directory));
    if (!exists) TRY(disk.make_directories(options.directory));
    options.place = std::make_shared<const FilePlace>(disk, options.directory, options.open_files);
    auto recovered = recover_log(disk, options);
    if (!recovered) {
        Error error = recovered.error();
        log_error("storage", "{} cannot be opened: {}", options.directory, describe(error));
        error.code = ErrorCode::kafka_storage_error;
        return std::unexpected(error);
    }
    return std::make_unique<DiskLog>(disk, std::move(options), std::move(*recovered));
}

DiskLog::DiskLog(Disk& disk, LogOpenOptions options, RecoveredLog recovered)
    : disk_(disk),
      options_(std::move(options)),
      sealed_(std::make_shared<const std::vector<SegmentExtent>>(std::move(recovered.sealed))),
      active_(std::move(recovered.active)),
      epochs_(std::move(recovered.epochs)),
      producers_(std::move(recovered.producers)),
      log_start_(recovered.log_start_offset),
      end_(recovered.end_offset),
      recovery_point_(recovered.recovery_point),
      report_(recovered.report),
      directory_changed_(recovered.names_in_doubt),
      now_ms_(options_.now_ms),
      last_append_ms_(options_.now_ms) {
    producers_.expire(now_ms_);
    publish();
}

void DiskLog::publish() {
    ASSERT(log_start_ <= end_ && recovery_point_ <= end_);
    ASSERT(active_.base_offset() <= end_);
    auto next = std::make_shared<LogSnapshot>();
    next->log_start_offset = log_start_;
    next->end_offset = end_;
    if (const auto unstable = producers_.state().first_unstable_offset())
        next->first_unstable_offset = std::max(*unstable, log_start_);
    next->sealed = sealed_;
    next->active = active_.extent();
    next->epochs = epochs_.entries();
    next->aborted = producers_.aborted();
    snapshot_ = std::move(next);
}

Offset DiskLog::first_base() const {
    return sealed_->empty() ? active_.base_offset() : sealed_->front().segment->base_offset();
}

Result<void> DiskLog::usable() const {
    if (offline_) return fail(ErrorCode::kafka_storage_error, "log is offline");
    if (closed_) return fail(ErrorCode::kafka_storage_error, "log is closed");
    return {};
}

Result<void> DiskLog::go_offline(const Error& why) {
    if (!offline_) log_error("storage", "{} goes offline: {}", options_.directory, describe(why));
    offline_ = true;
    return fail(ErrorCode::kafka_storage_error, why.where, why.os_error);
}

Result<void> DiskLog::roll(int64_t now_ms) {
    TRY(usable());
    now_ms_ = now_ms;
    if (active_.next_position() == 0) return {};
    TRY(roll_to(end_, now_ms));
    publish();
    return {};
}

Result<void> DiskLog::skip_to(Offset offset, int64_t now_ms) {
    TRY(usable());
    if (offset <= end_) return {};
    now_ms_ = now_ms;
    TRY(roll_to(offset, now_ms));
    end_ = offset;
    publish();
    return {};
}

Result<void> DiskLog::roll_to(Offset base, int64_t now_ms) {
    ASSERT(base >= end_ && base > active_.base_offset());
    // First what may fail, so that the old segment goes on if it does.
    directory_changed_ = true;
    TRY(producers_.write_snapshot(end_));
    bytes_since_snapshot_ = 0;
    auto next = SegmentWriter::create(home(now_ms), base);
    if (!next) {
        // An empty segment in the middle of the old one's offsets must not stay behind.
        const auto undone = remove_segment_files(disk_, options_.directory, base);
        if (!undone) return go_offline(undone.error());
        return std::unexpected(next.error());
    }
    if (active_.next_position() == 0) {
        const auto gone = remove_segment_files(disk_, options_.directory, active_.base_offset());
        if (!gone) return go_offline(gone.error());
    }
    if (active_.next_position() > 0) {
        auto sealed = std::make_shared<std::vector<SegmentExtent>>(*sealed_);
        sealed->push_back(active_.seal(now_ms_));
        sealed_ = std::move(sealed);
        unsynced_.push_back(std::move(active_));
    }
    active_ = std::move(*next);
    return {};
}

Result<void> DiskLog::flush() {
    TRY_ASSIGN(const FlushStep step, begin_flush());
    return end_flush(step.end, step.file == nullptr ? Result<void>{} : step.file->sync());
}

bool DiskLog::begins_flush_at_once() const {
    return bytes_since_snapshot_ < interim_snapshot_bytes && unsynced_.empty() &&
           !producers_.has_unsynced() && !directory_changed_;
}

Result<Log::FlushStep> DiskLog::begin_flush() {
    TRY(usable());
    if (bytes_since_snapshot_ >= interim_snapshot_bytes) {
        TRY(producers_.write_snapshot(end_));
        if (interim_snapshot_) TRY(producers_.remove_snapshot(*interim_snapshot_));
        interim_snapshot_ = end_;
        bytes_since_snapshot_ = 0;
        directory_changed_ = true;
    }
    const auto synced = sync_sealed();
    if (!synced) return std::unexpected(go_offline(synced.error()).error());
    if (recovery_point_ == end_) return FlushStep{nullptr, end_};
    auto file = active_.file()->begin_sync();
    if (!file) return std::unexpected(go_offline(file.error()).error());
    return FlushStep{std::move(*file), end_};
}

Result<void> DiskLog::end_flush(Offset end, Result<void> synced) {
    // The kernel may have dropped what it could not write: never acknowledged again (L11).
    if (!synced) return go_offline(synced.error());
    ASSERT(end <= end_, "nothing was cut meanwhile");
    // Else nothing was synced, or more waits for the next one.
    if (recovery_point_ < end && end == end_) active_.file()->end_sync();
    recovery_point_ = std::max(recovery_point_, end);
    return {};
}

std::vector<std::shared_ptr<File>> DiskLog::unsynced_files() const {
    std::vector<std::shared_ptr<File>> files;
    for (const SegmentWriter& writer : unsynced_) {
        const auto some = writer.files();
        files.insert(files.end(), some.begin(), some.end());
    }
    return files;
}

Result<void> DiskLog::flush_sealed() {
    TRY(usable());
    const auto synced = sync_sealed();
    if (!synced) return go_offline(synced.error());
    recovery_point_ = std::max(recovery_point_, active_.base_offset());
    return {};
}

// Everything but the active segment, with the names of all files.
Result<void> DiskLog::sync_sealed() {
    for (SegmentWriter& writer : unsynced_) {
        TRY(writer.sync());
        TRY(writer.sync_indexes());
    }
    unsynced_.clear();
    if (producers_.has_unsynced()) {
        TRY(producers_.sync());
        directory_changed_ = true;
    }
    if (directory_changed_) TRY(disk_.sync_directory(options_.directory));
    directory_changed_ = false;
    return {};
}

Result<void> DiskLog::close() {
    if (closed_) return {};
    TRY(usable());
    // A log that nobody has written to is closed as it was made.
    const bool is_empty = sealed_->empty() && active_.next_position() == 0;
    if (!is_empty || !producers_.state().entries().empty()) TRY(producers_.write_snapshot(end_));
    // No record is lost with the names of its files.
    if (is_empty && end_ == Offset{0}) directory_changed_ = false;
    const SegmentExtent last = active_.seal(now_ms_);
    ASSERT(last.size == active_.next_position());
    TRY(flush());
    const auto store = [&]() -> Result<void> {
        TRY(active_.sync_indexes());
        return epochs_.save();
    };
    const auto stored = store();
    if (!stored) return go_offline(stored.error());
    publish();
    closed_ = true;
    return {};
}

Result<void> DiskLog::set_config(const LogConfig& config) {
    TRY(usable());
    const uint32_t seed = options_.config.segment_jitter_seed;
    options_.config = config;
    options_.config.segment_jitter_seed = seed;
    active_.set_config(options_.config);
    return {};
}

}  // namespace barnabas::storage
