// SPDX-License-Identifier: Apache-2.0
// What goes on while the process runs (one task for each directory: flushes, checkpoints,
// retention, deletion of files), and the orderly end.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/disk_log_manager.h"
#include "storage/join.h"
#include "storage/milliseconds.h"

namespace barnabas::storage {
namespace {

constexpr Nanos tick_min = std::chrono::milliseconds(10);
constexpr Nanos tick_max = std::chrono::seconds(1);
constexpr Nanos settle_interval = std::chrono::milliseconds(2);

// Something that is to be done every so often.
class Every {
  public:
    Every(Nanos now, int64_t interval_ms)
        : interval_(nanos_of_ms(interval_ms)), next_(now + interval_) {}
    bool take(Nanos now) {
        if (now < next_) return false;
        next_ = now + interval_;
        return true;
    }
    Nanos interval() const { return interval_; }

  private:
    const Nanos interval_;
    Nanos next_;
};

using LaneLogs = std::vector<std::pair<TopicPartition, std::shared_ptr<LaneLog>>>;

// On the lane, so that no truncation can come between looking and writing.
Result<void> checkpoint_on_lane(DirectoryFiles& files, const LaneLogs& logs, bool keep_others) {
    CheckpointEntries recovery_points;
    CheckpointEntries log_starts;
    for (const auto& [of, log] : logs) {
        if (log->removed) continue;
        const bool open = log->log != nullptr;
        recovery_points[of] = open ? log->log->recovery_point() : log->checkpointed.recovery_point;
        const Offset start =
            open ? log->log->snapshot()->log_start_offset : log->checkpointed.log_start_offset;
        if (start > Offset{0}) log_starts[of] = start;
    }
    return files.write_checkpoints(recovery_points, log_starts, keep_others);
}

void report(const Result<void>& done, const char* what, const LogDirectory& directory) {
    if (done) return;
    log_warn("storage", "{} of {} failed: {}", what, directory.path(), describe(done.error()));
}

}  // namespace

void DiskLogManager::start_background() {
    tasks_.on_stop([this] { stopping_.notify_all(); });
    for (const Directory& directory : directories_) {
        tasks_.spawn(keep_house(directory));
        tasks_.spawn(clear_away(directory));
    }
    cleaner_.start();
}

// Beside keep_house(): deleting takes as long as it takes.
Task<void> DiskLogManager::clear_away(Directory directory) {
    while (!tasks_.stopping() && !directory->offline()) {
        co_await delete_due(directory);
        if (tasks_.stopping()) break;
        auto tend = [open_files = directory->open_files](DirectoryFiles& files) -> Result<void> {
            files.tend_reserve();
            // Unused for a minute or two, a file closes.
            open_files->rest_idle(open_files->files_max() / 60 + 1);
            return {};
        };
        auto tending = directory->on_lane(std::move(tend), patience_end());
        co_await std::move(tending);
        if (tasks_.stopping()) break;
        co_await stopping_.wait_until(clock_.after(tick_max));
    }
}

Task<void> DiskLogManager::keep_house(Directory directory) {
    const Nanos start = clock_.now();
    Every flush(start, options_.flush_scheduler_interval_ms);
    Every checkpoint(start, std::min(options_.flush_offset_checkpoint_interval_ms,
                                     options_.flush_start_offset_checkpoint_interval_ms));
    Every high_watermark(start, options_.high_watermark_checkpoint_interval_ms);
    Every retention(start, options_.retention_check_interval_ms);
    Nanos tick = tick_max;
    for (const Every* every : {&flush, &checkpoint, &high_watermark, &retention})
        tick = std::max(tick_min, std::min(tick, every->interval()));
    while (!tasks_.stopping() && !directory->offline()) {
        co_await stopping_.wait_until(clock_.after(tick));
        if (tasks_.stopping() || directory->offline()) break;
        if (flush.take(clock_.now())) co_await flush_due(directory);
        if (directory->open_files->take_crowded()) co_await flush_oldest(directory);
        if (retention.take(clock_.now())) co_await apply_retention(directory);
        co_await purge_due(directory);
        directory->work_lanes().drop_idle();
        if (high_watermark.take(clock_.now()) && has_new_high_watermarks(*directory)) {
            const auto written = co_await write_high_watermarks(directory);
            report(written, "high watermark checkpoint", *directory);
        }
        if (checkpoint.take(clock_.now())) {
            const auto written = co_await write_checkpoints(directory);
            report(written, "checkpoint", *directory);
        }
    }
}

std::vector<DiskLogManager::Handle> DiskLogManager::handles_of(const LogDirectory& directory,
                                                               bool with_metadata) const {
    std::vector<Handle> handles;
    for (const auto& [of, handle] : handles_) {
        if (&handle->directory() == &directory) handles.push_back(handle);
    }
    if (with_metadata && metadata_handle_ != nullptr && metadata_home_.get() == &directory)
        handles.push_back(metadata_handle_);
    return handles;
}

std::vector<DiskLogManager::Handle> DiskLogManager::noted_in(LogDirectory& directory) const {
    std::vector<Handle> handles;
    std::erase_if(directory.noted, [&](const std::weak_ptr<DiskLogHandle>& each) {
        const Handle handle = each.lock();
        const bool is_here = handle != nullptr && &handle->directory() == &directory;
        if (!is_here || !handle->stays_noted()) return true;
        handles.push_back(handle);
        return false;
    });
    return handles;
}

bool DiskLogManager::has_new_high_watermarks(const LogDirectory& directory) const {
    return std::ranges::any_of(handles_, [&](const auto& each) {
        return each.second->has_new_high_watermark() && &each.second->directory() == &directory;
    });
}

// All but the metadata log, which is made smaller by its snapshots.
std::vector<DiskLogManager::Handle> DiskLogManager::all_handles() const {
    std::vector<Handle> handles;
    for (const auto& [of, handle] : handles_) handles.push_back(handle);
    return handles;
}

Task<void> DiskLogManager::flush_due(Directory directory) {
    const Nanos now = clock_.now();
    auto handles = noted_in(*directory);
    std::erase_if(handles, [now](const Handle& handle) { return !handle->flush_due(now); });
    for (const Handle& handle : handles) {
        if (handle->offline() || tasks_.stopping()) continue;
        const auto flushed = co_await handle->flush();
        report(flushed, "flush of a log", *directory);
    }
}

// Too many files are open because they were written and not synced: those that wait for longest may
// close then.
Task<void> DiskLogManager::flush_oldest(Directory directory) {
    auto handles = handles_of(*directory, false);
    std::erase_if(handles, [](const Handle& handle) {
        return handle->offline() || handle->held() || !handle->dirty_since();
    });
    const size_t share = directory->open_files->files_max() / 2 + 1;
    const size_t count = std::min(handles.size(), share);
    if (handles.size() - count > share) directory->open_files->set_crowded();
    std::ranges::partial_sort(handles, handles.begin() + static_cast<ptrdiff_t>(count), {},
                              [](const Handle& handle) { return *handle->dirty_since(); });
    // All are in the queue before the first is done: they share the disk's syncs.
    std::vector<Task<Result<void>>> flushes;
    for (size_t i = 0; i < count; ++i) flushes.push_back(handles[i]->flush());
    for (auto& flushing : flushes) {
        const auto flushed = co_await std::move(flushing);
        report(flushed, "flush of a log", *directory);
    }
}

// Not the metadata log's: that one's start moves with its snapshots.
Task<void> DiskLogManager::apply_retention(Directory directory) {
    const auto handles = handles_of(*directory, false);
    for (const Handle& handle : handles) {
        if (handle->offline() || tasks_.stopping()) continue;
        // Nothing was ever written to most logs of a large broker.
        if (handle->snapshot()->end_offset == Offset{0}) continue;
        const auto applied = co_await handle->apply_retention();
        report(applied, "retention of a log", *directory);
    }
}

Task<void> DiskLogManager::purge_due(Directory directory) {
    const Nanos now = clock_.now();
    auto handles = noted_in(*directory);
    std::erase_if(handles, [now](const Handle& handle) { return !handle->purge_due(now); });
    for (const Handle& handle : handles) {
        if (handle->offline() || tasks_.stopping()) continue;
        const auto purged = co_await handle->purge();
        report(purged, "purge of a log", *directory);
    }
}

Task<void> DiskLogManager::delete_due(Directory directory) {
    const Nanos now = clock_.now();
    std::vector<std::string> due;
    for (const Deletion& deletion : deletions_) {
        if (deletion.directory == directory && deletion.due <= now) due.push_back(deletion.path);
    }
    for (const std::string& path : due) {
        if (tasks_.stopping() || directory->offline()) co_return;
        co_await delete_tree(directory, path);
        std::erase_if(deletions_, [&path](const Deletion& one) { return one.path == path; });
    }
}

// File by file, so that a stop does not wait for all of them. What cannot be deleted now is tried
// again after the next start.
Task<void> DiskLogManager::delete_tree(Directory directory, std::string path) {
    ASSERT(path.ends_with("-delete"));
    Lane* const lane = directory->background_lane();
    auto list = [this, path] { return disk_.list(path); };
    auto listing = call_on_lane(clock_, *lane, std::move(list), Nanos::max());
    const auto entries = co_await std::move(listing);
    if (!entries) co_return;
    for (const DirectoryEntry& entry : *entries) {
        if (entry.is_directory || tasks_.stopping()) continue;
        auto remove = [this, file = path + "/" + entry.name] { return disk_.remove(file); };
        auto removing = call_on_lane(clock_, *lane, std::move(remove), Nanos::max());
        co_await std::move(removing);
    }
    if (tasks_.stopping()) co_return;
    auto finish = [this, path] { return disk_.remove_tree(path); };
    auto finishing = call_on_lane(clock_, *lane, std::move(finish), Nanos::max());
    const auto finished = co_await std::move(finishing);
    if (finished)
        log_info("storage", "deleted {}", path);
    else
        log_warn("storage", "cannot delete {}: {}", path, describe(finished.error()));
}

Task<Result<void>> DiskLogManager::write_checkpoints(Directory directory) {
    LaneLogs logs;
    for (const Handle& handle : handles_of(*directory, true))
        logs.emplace_back(handle->topic_partition(), handle->lane_log());
    const bool keep_others = !directory->loaded || is_arriving_in(*directory);
    auto write = [logs = std::move(logs), keep_others](DirectoryFiles& files) {
        return checkpoint_on_lane(files, logs, keep_others);
    };
    auto writing = directory->on_lane(std::move(write), patience_end());
    co_return co_await std::move(writing);
}

Task<Result<void>> DiskLogManager::write_high_watermarks(Directory directory) {
    CheckpointEntries entries;
    for (const Handle& handle : handles_of(*directory, false)) {
        entries.emplace_hint(entries.end(), handle->topic_partition(), handle->high_watermark());
        handle->note_written(handle->high_watermark());
    }
    const bool keep_others = !directory->loaded || is_arriving_in(*directory);
    auto write = [entries = std::move(entries), keep_others](DirectoryFiles& files) {
        return files.write_high_watermarks(entries, keep_others);
    };
    auto writing = directory->on_lane(std::move(write), patience_end());
    const auto written = co_await std::move(writing);
    if (!written)
        for (const Handle& handle : handles_of(*directory, false)) handle->forget_written();
    co_return written;
}

Task<Result<void>> DiskLogManager::stop() {
    ASSERT(!stopped_, "stopped once");
    stopped_ = true;
    const Nanos deadline = clock_.after(nanos_of_ms(options_.stop_timeout_ms));
    auto ending = tasks_.stop(deadline);
    if (!co_await std::move(ending)) {
        log_error("storage", "{} tasks wait for a disk that does not answer: no log is closed",
                  tasks_.size());
        co_return fail(ErrorCode::request_timed_out, "a log directory does not answer");
    }
    TaskGroup closing(loop_, clock_);
    std::vector<Result<void>> outcomes(directories_.size());
    for (size_t i = 0; i < directories_.size(); ++i)
        closing.spawn(stop_directory(directories_[i], deadline, &outcomes[i]));
    auto joining = closing.stop(Nanos::max());
    co_await std::move(joining);
    for (const Result<void>& outcome : outcomes) {
        if (!outcome) co_return outcome;
    }
    co_return Result<void>{};
}

// The marker comes last, and only if it tells the truth: every log of the directory is closed
// (L07).
Task<void> DiskLogManager::stop_directory(Directory directory, Nanos deadline,
                                          Result<void>* outcome) {
    if (directory->offline()) co_return;
    const auto closed = co_await close_logs(directory, deadline);
    if (!closed) *outcome = std::unexpected(closed.error());
    if (directory->offline()) co_return;
    auto watermarks = co_await write_high_watermarks(directory);
    auto checkpoints = co_await write_checkpoints(directory);
    report(watermarks, "high watermark checkpoint", *directory);
    report(checkpoints, "checkpoint", *directory);
    const bool complete = directory->loaded || directory->files().clean_shutdown().has_value();
    if (closed && *closed && checkpoints && complete) {
        auto mark = [epoch = broker_epoch_](DirectoryFiles& files) {
            return files.finish_cleanly({.broker_epoch = epoch});
        };
        auto marking = directory->on_lane(std::move(mark), deadline);
        const auto marked = co_await std::move(marking);
        report(marked, "clean-shutdown marker", *directory);
    }
    // A lane that hangs would hang its destructor too.
    const bool idle = closed || closed.error().code != ErrorCode::request_timed_out;
    if (idle) directory->close();
}

// No change is accepted any more, and all that were are done, with the syncs that they left behind.
Task<Result<void>> DiskLogManager::settle(Directory directory, Nanos deadline) {
    directory->queue().refuse();
    while (directory->queue().stats().operations > 0) {
        // What is queued may be much; a disk that finishes nothing of it is not waited for.
        const bool stuck = directory->queue().stats().stalled_for >= directory->patience();
        if (stuck || clock_.now() >= deadline) {
            log_error("storage",
                      "log directory {} does not answer: not closed, {} changes are lost",
                      directory->path(), directory->queue().stats().operations);
            co_return fail(ErrorCode::request_timed_out, "disk is stuck");
        }
        co_await clock_.sleep(settle_interval);
    }
    // A sync that ends may have found another segment to sync.
    for (int round = 0; round < 2; ++round) {
        auto nothing = [] { return Result<void>{}; };
        auto background = call_on_lane(clock_, *directory->background_lane(), nothing, deadline);
        const auto synced = co_await std::move(background);
        if (!synced) co_return synced;
        auto barrier = [](DirectoryFiles&) { return Result<void>{}; };
        auto draining = directory->on_lane(std::move(barrier), deadline);
        const auto drained = co_await std::move(draining);
        if (!drained) co_return drained;
    }
    co_return Result<void>{};
}

struct DiskLogManager::Closing {
    Directory directory;
    Nanos deadline;
    std::vector<Handle> handles;  // still to be closed
    size_t total = 0;
    Nanos reported_at;
    Result<bool> outcome = true;

    // Those that are offline make the outcome false.
    std::vector<std::pair<Handle, std::shared_ptr<LaneLog>>> take_some() {
        constexpr size_t together = 32;
        std::vector<std::pair<Handle, std::shared_ptr<LaneLog>>> taken;
        for (const Handle& handle :
             take_share(handles, directory->work_lanes().count_max(), together)) {
            if (!handle->offline())
                taken.emplace_back(handle, handle->lane_log());
            else if (outcome)
                outcome = false;
        }
        return taken;
    }
    void note_failure(const TopicPartition& of, const Error& why) {
        log_error("storage", "cannot close log {} of {}: {}", of.directory_name(),
                  directory->path(), describe(why));
        outcome = std::unexpected(why);
        if (is_disk_failure(why)) directory->queue().take_offline(why);
        if (why.code == ErrorCode::request_timed_out) handles.clear();
    }
};

// True if every log is closed; false if one was offline, so that the next start must look at it.
Task<Result<bool>> DiskLogManager::close_logs(Directory directory, Nanos deadline) {
    auto settling = settle(directory, deadline);
    const auto settled = co_await std::move(settling);
    if (!settled) co_return std::unexpected(settled.error());
    const auto closing = std::make_shared<Closing>();
    closing->directory = directory;
    closing->deadline = deadline;
    closing->handles = handles_of(*directory, true);
    closing->total = closing->handles.size();
    closing->reported_at = clock_.now();
    TaskGroup group(loop_, clock_);
    for (size_t i = 0; i < directory->work_lanes().count_max(); ++i)
        group.spawn(close_share(closing));
    auto joining = group.stop(Nanos::max());
    co_await std::move(joining);
    co_return closing->outcome;
}

// Closes logs, some at a time, until none is left. The lane of changes has nothing to do with
// them any more.
Task<void> DiskLogManager::close_share(std::shared_ptr<Closing> closing) {
    while (!closing->handles.empty()) {
        const auto some = closing->take_some();
        auto close = [some]() -> Result<std::vector<Result<void>>> {
            std::vector<Result<void>> closed;
            for (const auto& [handle, log] : some) closed.push_back(log->log->close());
            return closed;
        };
        auto running = closing->directory->on_work_lane(std::move(close), closing->deadline);
        const auto done = co_await std::move(running);
        for (size_t i = 0; i < some.size(); ++i) {
            const Result<void> outcome = done ? (*done)[i] : std::unexpected(done.error());
            if (!outcome) closing->note_failure(some[i].first->topic_partition(), outcome.error());
        }
        if (clock_.now() - closing->reported_at < std::chrono::seconds(1)) continue;
        closing->reported_at = clock_.now();
        log_info("storage", "closing logs of {}: {} of {} are left", closing->directory->path(),
                 closing->handles.size(), closing->total);
    }
}

}  // namespace barnabas::storage
