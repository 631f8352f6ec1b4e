// SPDX-License-Identifier: Apache-2.0
// The lane's half of DirectoryQueue: performing operations one by one, group commit, and what a
// failed fsync means. Runs in jobs of the lane only.
#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/directory_queue.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

const Error directory_failed{ErrorCode::kafka_storage_error, 0, "log directory is offline"};

void set_failed(LogOperation& operation, const Error& why) {
    operation.error = why;
    operation.appended = {};
    operation.appended.error = why.code;
    operation.appended.error_message = why.where;
    operation.state = {};
    ASSERT(operation.appended.base_offset == offset_none);
}

bool succeeded(const LogOperation& operation) {
    return !operation.error && operation.appended.error == ErrorCode::none;
}

}  // namespace

void DirectoryQueue::run(LogOperation& operation) {
    LaneLog& log = *operation.log;
    const bool is_change = operation.kind == LogOperation::Kind::change;
    if (log.flushing && (is_change || !log.held.empty()))
        log.held.push_back(&operation);
    else
        run_now(operation);
    ++run_;
    run_flush_group_if_due();
}

void DirectoryQueue::run_now(LogOperation& operation) {
    LaneLog& log = *operation.log;
    if (failed_ || log.log == nullptr) {
        set_failed(operation, failed_ ? directory_failed : log.gone);
        return finish(operation);
    }
    const auto before = log.log->snapshot();
    perform(operation);
    if (operation.error && is_disk_failure(*operation.error)) fail_directory(*operation.error);
    if (log.log != nullptr && log.log->offline())
        fail_directory({ErrorCode::kafka_storage_error, 0, "log cannot be written"});
    const bool waits = waits_for_flush(operation);
    if (waits) log.awaiting_flush.push_back(&operation);
    if (waits || wants_background_flush(operation))
        join_flush_group(operation.log);
    else if (sealed_a_segment(operation, before->sealed.get()))
        start_background_sync(operation.log);
    if (!waits) finish(operation);
}

void DirectoryQueue::perform(LogOperation& operation) {
    LaneLog& log = *operation.log;
    if (operation.kind == LogOperation::Kind::append) {
        if (!has_room(operation.request)) {
            operation.appended.error = ErrorCode::kafka_storage_error;
            operation.appended.error_message = "The disk of the log directory is full.";
            return;
        }
        operation.appended = log.log->append(operation.request);
        operation.state.snapshot = operation.appended.snapshot;
        return;
    }
    if (operation.kind == LogOperation::Kind::change) {
        const auto changed = operation.change(log);
        if (!changed) operation.error = changed.error();
    }
    if (log.log != nullptr) operation.state.snapshot = log.log->snapshot();
}

// Clients' records leave room for what keeps the broker going; KAFKA_STORAGE_ERROR makes them
// retry.
bool DirectoryQueue::has_room(const AppendRequest& request) {
    if (request.origin != AppendOrigin::client) return true;
    const bool has_room = space_.admits(request.records.size(), request.now_ms);
    if (!has_room && !is_full_)
        log_error(
            "storage",
            "the disk of log directory {} is full: records are refused until more than {} bytes "
            "are free; delete records or topics, or shorten retention",
            path_, space_.reserve());
    if (has_room && is_full_)
        log_info("storage", "log directory {} has room again: records are accepted", path_);
    is_full_ = !has_room;
    return has_room;
}

// An operation behind one that waits for fsync waits too, so that its snapshot does not show
// readers what is not durable yet.
bool DirectoryQueue::waits_for_flush(const LogOperation& operation) const {
    const LaneLog& log = *operation.log;
    if (log.log == nullptr || failed_ || !succeeded(operation)) return false;
    if (log.flushing || !log.awaiting_flush.empty()) return true;
    const Offset durable_end = log.log->recovery_point();
    if (operation.kind == LogOperation::Kind::flush)
        return durable_end < operation.state.snapshot->end_offset;
    if (operation.kind == LogOperation::Kind::change) return false;
    const AppendRequest& request = operation.request;
    const bool asked =
        request.flush_required || (request.flush_allowed && log.config.flushes_before_answer());
    // A duplicate gives offsets of before, which may or may not be durable.
    return asked && durable_end <= operation.appended.last_offset;
}

// Then the recovery point moves on, so that a crash costs the scan of one segment (pitfall L18).
bool DirectoryQueue::sealed_a_segment(const LogOperation& operation,
                                      const std::vector<SegmentExtent>* sealed_before) const {
    if (operation.kind != LogOperation::Kind::append || failed_) return false;
    const LogSnapshot* after = operation.appended.snapshot.get();
    return after != nullptr && after->sealed.get() != sealed_before;
}

bool DirectoryQueue::wants_background_flush(const LogOperation& operation) const {
    const LaneLog& log = *operation.log;
    if (operation.kind != LogOperation::Kind::append || log.log == nullptr || failed_) return false;
    const LogSnapshot* after = operation.appended.snapshot.get();
    const int64_t limit = log.config.flush_messages;
    if (after == nullptr || limit <= 1 || limit == std::numeric_limits<int64_t>::max())
        return false;
    return after->end_offset - log.log->recovery_point() >= limit;
}

// A whole segment may take the disk seconds, in which the lane would stand still.
void DirectoryQueue::start_background_sync(const std::shared_ptr<LaneLog>& log) {
    if (log->syncing || log->flushing || log->in_flush_group) return;
    auto files = log->log->unsynced_files();
    if (files.empty() || background_ == nullptr) return join_flush_group(log);
    log->syncing = true;
    auto job = [queue = weak_from_this(), loop = loop_, log, files = std::move(files)]() mutable {
        Result<void> outcome;
        for (const auto& file : files) {
            outcome = file->sync();
            if (!outcome) break;
        }
        auto tell = [queue, log = std::move(log), files = std::move(files), outcome]() mutable {
            if (const auto alive = queue.lock())
                alive->hand_back(std::move(log), std::move(files), outcome);
        };
        boost::asio::post(loop, std::move(tell));
    };
    background_->post(std::move(job));
}

void DirectoryQueue::end_background_sync(const std::shared_ptr<LaneLog>& log, const Files& synced,
                                         const Result<void>& outcome) {
    ASSERT(log->syncing);
    log->syncing = false;
    if (!outcome) fail_directory(outcome.error());
    const bool flush_now = std::exchange(log->flush_after_sync, false);
    if (log->log != nullptr && !failed_ && !flush_now) {
        if (log->log->unsynced_files() != synced) return start_background_sync(log);
        flushes_.fetch_add(1, std::memory_order_relaxed);
        const auto flushed = log->log->flush_sealed();
        if (!flushed) fail_directory(flushed.error());
        if (flushed) notify(*log);
    }
    // Those who asked for a flush meanwhile; after a failure they are answered that.
    if (flush_now) join_flush_group(log);
    run_flush_group_if_due();
}

void DirectoryQueue::join_flush_group(const std::shared_ptr<LaneLog>& log) {
    // The end of a flush that is under way begins the next one.
    if (log->in_flush_group || log->flushing) return;
    log->in_flush_group = true;
    flush_group_.push_back(log);
    // Behind what is queued by now: that all joins the first one.
    if (flush_group_.size() == 1) flush_after_run_ = handed_over_.load(std::memory_order_relaxed);
}

void DirectoryQueue::run_flush_group_if_due() {
    if (flush_group_.empty() || run_ < flush_after_run_) return;
    for (const auto& log : std::exchange(flush_group_, {})) start_flush(log);
}

// What waits for the disk must not do so here, which may be the loop's thread.
void DirectoryQueue::start_flush(const std::shared_ptr<LaneLog>& log) {
    ASSERT(log->in_flush_group && !log->flushing);
    const bool at_once = failed_ || log->log == nullptr || log->log->begins_flush_at_once();
    if (flush_helpers_ && at_once) return flush_elsewhere(log);
    lane_of_jobs_->post([this, log] { flush_here(log); });
}

// False if there is nothing to flush now.
bool DirectoryQueue::begin_flush(LaneLog& log) {
    log.in_flush_group = false;
    // Two syncs of one file at a time would share one report of its errors (L11).
    if (log.syncing) {
        log.flush_after_sync = true;
        return false;
    }
    if (log.log == nullptr) {  // retire() answered those who waited
        ASSERT(log.awaiting_flush.empty());
        return false;
    }
    log.in_flush = std::exchange(log.awaiting_flush, {});
    if (!failed_) flushes_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void DirectoryQueue::flush_here(const std::shared_ptr<LaneLog>& log) {
    if (!begin_flush(*log)) return;
    const auto flushed = failed_ ? Result<void>{} : log->log->flush();
    end_flush(log, log->log->recovery_point(), flushed);
    run_flush_group_if_due();
}

void DirectoryQueue::flush_elsewhere(const std::shared_ptr<LaneLog>& log) {
    if (!begin_flush(*log)) return;
    if (failed_) return end_flush(log, offset_none, {});
    auto step = log->log->begin_flush();
    if (!step) return end_flush(log, offset_none, std::unexpected(step.error()));
    if (step->file == nullptr) return end_flush(log, step->end, {});
    log->flushing = true;
    auto job = [queue = weak_from_this(), loop = loop_, log, step = std::move(*step)]() mutable {
        auto tell = [queue, log = std::move(log), end = step.end, outcome = step.file->sync()] {
            if (const auto alive = queue.lock()) alive->hand_back_flush(log, end, outcome);
        };
        step.file.reset();
        boost::asio::post(loop, std::move(tell));
    };
    flush_helpers_->pick().post(std::move(job));
}

// The first failure is that of the directory: who comes behind it is answered that, flushed or not.
void DirectoryQueue::end_flush(const std::shared_ptr<LaneLog>& log, Offset end,
                               Result<void> outcome) {
    log->flushing = false;
    const bool is_there = log->log != nullptr;
    if (is_there && !failed_) outcome = log->log->end_flush(end, std::move(outcome));
    if (!outcome) fail_directory(outcome.error());
    const auto waited = std::exchange(log->in_flush, {});
    for (LogOperation* operation : waited) {
        if (failed_ || !is_there) set_failed(*operation, failed_ ? directory_failed : log->gone);
        finish(*operation);
    }
    if (waited.empty() && is_there && !failed_) notify(*log);
    for (LogOperation* operation : std::exchange(log->held, {})) run_now(*operation);
    if (!log->awaiting_flush.empty()) join_flush_group(log);
    run_flush_group_if_due();
}

void DirectoryQueue::retire(LaneLog& log, const Error& gone) {
    for (LogOperation* operation : std::exchange(log.awaiting_flush, {})) {
        set_failed(*operation, gone);
        finish(*operation);
    }
    log.gone = gone;
    log.removed = true;
    log.log.reset();
}

void DirectoryQueue::fail_directory(const Error& why) {
    if (failed_) return;
    failed_ = true;
    auto tell = [queue = weak_from_this(), why] {
        if (const auto alive = queue.lock()) alive->take_offline(why);
    };
    boost::asio::post(loop_, std::move(tell));
}

void DirectoryQueue::notify(const LaneLog& log) {
    auto notice = std::make_unique<LogOperation>(LogOperation::Kind::flush);
    notice->is_notice = true;
    notice->owner = log.owner.lock();
    if (notice->owner == nullptr) return;
    notice->state.recovery_point = log.log->recovery_point();
    // Freed by drain(), on the loop.
    LogOperation* travelling = notice.release();
    push_done(*travelling);
}

void DirectoryQueue::finish(LogOperation& operation) {
    const LaneLog& log = *operation.log;
    if (log.log != nullptr) operation.state.recovery_point = log.log->recovery_point();
    operation.state.offline = failed_ || log.log == nullptr;
    push_done(operation);
}

// From here on the operation is the loop's: the lane does not look at it again.
void DirectoryQueue::push_done(LogOperation& operation) {
    LogOperation* head = done_.load(std::memory_order_relaxed);
    do {
        operation.next_done = head;
    } while (!done_.compare_exchange_weak(head, &operation, std::memory_order_release,
                                          std::memory_order_relaxed));
    if (head != nullptr) return;  // whoever put the first one there has woken the loop
    auto wake = [queue = weak_from_this()] {
        if (const auto alive = queue.lock()) alive->drain();
    };
    boost::asio::post(loop_, std::move(wake));
}

}  // namespace barnabas::storage
