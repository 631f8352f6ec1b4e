// SPDX-License-Identifier: Apache-2.0
// A log's side on the loop; see the header.
#include "storage/disk_log_handle.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "storage/milliseconds.h"
#include "storage/segment_walk.h"

namespace barnabas::storage {
namespace {

std::shared_ptr<LaneLog> make_lane_log(OpenedLog& opened, const LogConfig& config,
                                       LogDirectory& directory) {
    auto lane_log = std::make_shared<LaneLog>();
    lane_log->log = std::move(opened.log);
    if (opened.error) lane_log->gone = *opened.error;
    lane_log->config = config;
    lane_log->checkpointed = opened.offsets;
    lane_log->files = &directory.files();
    return lane_log;
}

// What readers see of a log that could not be opened: nothing.
std::shared_ptr<const LogSnapshot> empty_snapshot() {
    auto snapshot = std::make_shared<LogSnapshot>();
    snapshot->sealed = std::make_shared<const std::vector<SegmentExtent>>();
    snapshot->epochs = std::make_shared<const std::vector<EpochEntry>>();
    return snapshot;
}

// Never below the log's start, never beyond its end (pitfall L19).
Offset clipped_high_watermark(const CheckpointedOffsets& offsets, const LogSnapshot& log) {
    ASSERT(log.log_start_offset <= log.end_offset);
    const Offset known = offsets.high_watermark.value_or(log.log_start_offset);
    return std::clamp(known, log.log_start_offset, log.end_offset);
}

}  // namespace

DiskLogHandle::DiskLogHandle(std::shared_ptr<LogDirectory> directory,
                             TopicPartition topic_partition, Uuid topic_id, LogConfig config,
                             OpenedLog opened)
    : directory_(std::move(directory)),
      topic_partition_(std::move(topic_partition)),
      topic_id_(topic_id),
      config_(config),
      lane_log_(make_lane_log(opened, config, *directory_)),
      snapshot_(opened.snapshot != nullptr ? std::move(opened.snapshot) : empty_snapshot()),
      recovery_point_(opened.recovery_point),
      high_watermark_(clipped_high_watermark(opened.offsets, *snapshot_)),
      checkpointed_high_watermark_(high_watermark_),
      cleaned_until_(opened.offsets.cleaned_until),
      offline_(opened.error.has_value()) {
    ASSERT(offline_ == (lane_log_->log == nullptr));
    if (offline_) high_watermark_ = opened.offsets.high_watermark.value_or(Offset{0});
}

void DiskLogHandle::attach() {
    lane_log_->owner = weak_from_this();
}

std::shared_ptr<LogOperation> DiskLogHandle::make_operation(LogOperation::Kind kind) {
    auto operation = std::make_shared<LogOperation>(kind);
    operation->owner = shared_from_this();
    operation->log = lane_log_;
    operation->deadline = directory_->clock().after(directory_->patience());
    return operation;
}

void DiskLogHandle::submit(std::shared_ptr<LogOperation> operation) {
    if (held_.active()) return held_.add(std::move(operation));
    directory_->queue().submit(std::move(operation));
}

Task<Result<void>> DiskLogHandle::settle() {
    ASSERT(held_.active(), "or more would come behind it");
    auto operation = make_operation(LogOperation::Kind::flush);
    directory_->queue().submit(operation);
    return DirectoryQueue::change_answer(std::move(operation));
}

void DiskLogHandle::relocate(std::shared_ptr<LogDirectory> directory, OpenedLog opened) {
    ASSERT(held_.active(), "or changes would go to the log of before");
    ASSERT(opened.snapshot != nullptr && opened.snapshot->end_offset == snapshot_->end_offset);
    lane_log_ = make_lane_log(opened, config_, *directory);
    lane_log_->owner = weak_from_this();
    directory_ = std::move(directory);
    cleaned_until_ = opened.offsets.cleaned_until;
    purge_at_.reset();
    is_noted_ = false;
    written_high_watermark_.reset();
    publish({std::move(opened.snapshot), opened.recovery_point, false});
    note_myself();
}

void DiskLogHandle::resume() {
    for (auto& operation : held_.end()) {
        operation->log = lane_log_;
        directory_->queue().submit(std::move(operation));
    }
}

// Not the first batch of an epoch, which is noted durably first, and nothing that is compressed
// anew.
bool DiskLogHandle::is_quick(const AppendRequest& request) const {
    constexpr size_t quick_bytes_max = 32 * 1024;
    const auto& epochs = *snapshot_->epochs;
    return request.records.size() <= quick_bytes_max && !config_.compression_codec &&
           !epochs.empty() && epochs.back().epoch == request.leader_epoch;
}

// Not a coroutine: the append has its place in the queue when this returns, awaited or not.
Task<AppendResult> DiskLogHandle::append(AppendRequest request) {
    auto operation = make_operation(LogOperation::Kind::append);
    operation->is_quick = is_quick(request);
    operation->request = std::move(request);
    submit(operation);
    return DirectoryQueue::append_answer(std::move(operation));
}

Task<Result<void>> DiskLogHandle::submit_change(LogChange change) {
    auto operation = make_operation(LogOperation::Kind::change);
    operation->change = std::move(change);
    submit(operation);
    return DirectoryQueue::change_answer(std::move(operation));
}

Task<Result<void>> DiskLogHandle::flush() {
    auto operation = make_operation(LogOperation::Kind::flush);
    submit(operation);
    return DirectoryQueue::change_answer(std::move(operation));
}

void DiskLogHandle::on_published(std::function<void()> callback) {
    on_published_ = std::move(callback);
}

void DiskLogHandle::publish(const LogState& state) {
    if (state.recovery_point != offset_none) recovery_point_ = state.recovery_point;
    offline_ = offline_ || state.offline;
    const bool changed = state.snapshot != nullptr && state.snapshot != snapshot_;
    if (changed) {
        ASSERT(state.snapshot->log_start_offset <= state.snapshot->end_offset);
        snapshot_ = state.snapshot;
    }
    if (recovery_point_ >= snapshot_->end_offset) {
        dirty_since_.reset();
    } else if (!dirty_since_) {
        dirty_since_ = directory_->clock().now();
        note_myself();
    }
    if (!changed || !on_published_) return;
    const auto callback = on_published_;  // it may set another one
    callback();
}

template <class F>
Task<std::invoke_result_t<F&, const LogSnapshot&>> DiskLogHandle::read(F fn) {
    Lane* const lane = directory_->read_lane();
    if (lane == nullptr || offline())
        co_return fail(ErrorCode::kafka_storage_error, "log is offline");
    auto job = [snapshot = snapshot_, work = std::move(fn)] { return work(*snapshot); };
    Clock& clock = directory_->clock();
    const Nanos deadline = clock.after(directory_->patience());
    auto running = call_on_lane(clock, *lane, std::move(job), deadline);
    co_return co_await std::move(running);
}

Task<Result<ReadPlan>> DiskLogHandle::plan_cold_read(ReadRequest request) {
    return read([request](const LogSnapshot& snapshot) -> Result<ReadPlan> {
        TRY_ASSIGN(auto plan, snapshot.plan_read(request, ReadMode::blocking));
        for (const FileRange& range : plan.ranges)
            range.file->read_ahead(range.position, range.size);
        return plan;
    });
}

Task<Result<std::vector<uint8_t>>> DiskLogHandle::read_records(ReadRequest request) {
    return read([request](const LogSnapshot& snapshot) -> Result<std::vector<uint8_t>> {
        TRY_ASSIGN(const auto plan, snapshot.plan_read(request, ReadMode::blocking));
        std::vector<uint8_t> bytes(plan.bytes);
        size_t filled = 0;
        for (const FileRange& range : plan.ranges) {
            const auto into = MutableBytes(bytes).subspan(filled, range.size);
            TRY_ASSIGN(const size_t read, range.file->read_at(range.position, into));
            if (read != range.size) return fail(ErrorCode::kafka_storage_error, "segment is cut");
            filled += read;
        }
        ASSERT(filled == bytes.size());
        return bytes;
    });
}

Task<Result<TimestampOffset>> DiskLogHandle::find_by_timestamp(int64_t timestamp_ms, Offset limit) {
    return read([timestamp_ms, limit](const LogSnapshot& snapshot) {
        return snapshot.find_by_timestamp(timestamp_ms, limit, ReadMode::blocking);
    });
}

Task<Result<TimestampOffset>> DiskLogHandle::find_max_timestamp(Offset limit) {
    return read([limit](const LogSnapshot& snapshot) {
        return snapshot.find_max_timestamp(limit, ReadMode::blocking);
    });
}

Task<Result<void>> DiskLogHandle::advance_log_start(Offset offset) {
    note_deletion();
    return submit_change([offset](LaneLog& log) { return log.log->advance_log_start(offset); });
}

Task<Result<void>> DiskLogHandle::truncate_to(Offset offset) {
    auto truncate = [of = topic_partition_, offset](LaneLog& log) -> Result<void> {
        // A batch that holds the offset goes as a whole, so the log may end a little before it.
        const auto snapshot = log.log->snapshot();
        const bool any = snapshot->active.segment != nullptr;
        const Offset base = any ? segment_base(*snapshot, segment_of(*snapshot, offset)) : offset;
        TRY(log.files->lower_recovery_point(of, std::min(offset, base)));
        return log.log->truncate_to(offset);
    };
    note_deletion();
    ++truncations_;
    if (cleaned_until_ && *cleaned_until_ > offset) cleaned_until_ = offset;
    return submit_change(std::move(truncate));
}

Task<Result<bool>> DiskLogHandle::replace_segments(SegmentReplacement by) {
    const auto done = std::make_shared<bool>(false);
    const int64_t now_ms = directory_->clock().wall_ms();
    auto replace = [made_for = lane_log_.get(), of = topic_partition_, by = std::move(by), now_ms,
                    done](LaneLog& log) -> Result<void> {
        if (&log != made_for || by.end > log.log->recovery_point()) return {};
        TRY(log.files->raise_recovery_point(of, log.log->recovery_point()));
        TRY_ASSIGN(*done, log.log->replace_segments(by, now_ms));
        return {};
    };
    note_deletion();
    auto replacing = submit_change(std::move(replace));
    const auto replaced = co_await std::move(replacing);
    if (!replaced) co_return std::unexpected(replaced.error());
    co_return *done;
}

Task<Result<ProducerTails>> DiskLogHandle::producer_tails() {
    const auto tails = std::make_shared<ProducerTails>();
    auto look = [tails](LaneLog& log) -> Result<void> {
        *tails = log.log->producer_tails();
        return {};
    };
    auto looking = submit_change(std::move(look));
    const auto looked = co_await std::move(looking);
    if (!looked) co_return std::unexpected(looked.error());
    co_return std::move(*tails);
}

Task<Result<ActiveProducers>> DiskLogHandle::active_producers() {
    const auto producers = std::make_shared<ActiveProducers>();
    auto look = [producers](LaneLog& log) -> Result<void> {
        *producers = log.log->active_producers();
        return {};
    };
    auto looking = submit_change(std::move(look));
    const auto looked = co_await std::move(looking);
    if (!looked) co_return std::unexpected(looked.error());
    co_return std::move(*producers);
}

// Not if the log was made shorter meanwhile.
Task<Result<void>> DiskLogHandle::set_cleaned_until(Offset offset) {
    cleaned_until_ = std::min(offset, snapshot_->end_offset);
    auto note = [of = topic_partition_, offset](LaneLog& log) {
        const Offset end = log.log->snapshot()->end_offset;
        return log.files->write_cleaned_until(of, std::min(offset, end));
    };
    return submit_change(std::move(note));
}

Task<Result<void>> DiskLogHandle::set_config(LogConfig config) {
    auto apply = [config](LaneLog& log) -> Result<void> {
        TRY(log.log->set_config(config));
        log.config = config;
        return {};
    };
    return adopt_config(config, submit_change(std::move(apply)));
}

Task<Result<void>> DiskLogHandle::adopt_config(LogConfig config, Task<Result<void>> applying) {
    const auto self = shared_from_this();
    const auto applied = co_await std::move(applying);
    if (applied) config_ = config;
    note_myself();
    co_return applied;
}

void DiskLogHandle::note_deletion() {
    const Nanos now = directory_->clock().now();
    last_purge_at_ = now + nanos_of_ms(config_.file_delete_delay_ms);
    if (!purge_at_) purge_at_ = last_purge_at_;
    note_myself();
}

bool DiskLogHandle::has_something_to_do() const {
    const bool will_flush = dirty_since_ && config_.flush_ms != std::numeric_limits<int64_t>::max();
    return !offline_ && (will_flush || purge_at_);
}

void DiskLogHandle::note_myself() {
    if (is_noted_ || !has_something_to_do()) return;
    is_noted_ = true;
    directory_->noted.push_back(weak_from_this());
}

bool DiskLogHandle::stays_noted() {
    if (!has_something_to_do()) is_noted_ = false;
    return is_noted_;
}

Task<Result<void>> DiskLogHandle::apply_retention() {
    const int64_t now_ms = directory_->clock().wall_ms();
    const Offset high_watermark = high_watermark_;
    const auto count = std::make_shared<size_t>(0);
    auto apply = [now_ms, high_watermark, count](LaneLog& log) -> Result<void> {
        TRY_ASSIGN(*count, log.log->apply_retention(now_ms, high_watermark));
        return {};
    };
    const auto self = shared_from_this();
    auto applying = submit_change(std::move(apply));
    const auto applied = co_await std::move(applying);
    if (!applied || *count > 0) note_deletion();
    co_return applied;
}

Task<Result<void>> DiskLogHandle::purge() {
    // What was deleted since this purge was planned is not due yet.
    purge_at_.reset();
    if (last_purge_at_ > directory_->clock().now()) purge_at_ = last_purge_at_;
    const int64_t now_ms = directory_->clock().wall_ms();
    return submit_change([now_ms](LaneLog& log) { return log.log->purge_deleted(now_ms); });
}

bool DiskLogHandle::flush_due(Nanos now) const {
    if (config_.flush_ms == std::numeric_limits<int64_t>::max() || !dirty_since_) return false;
    return now - *dirty_since_ >= nanos_of_ms(config_.flush_ms);
}

}  // namespace barnabas::storage
