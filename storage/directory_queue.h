// SPDX-License-Identifier: Apache-2.0
// DirectoryQueue: carries the changes of all logs of one directory from the loop to the directory's
// lane, in call order, and their outcomes back. Does group commit (one fsync for all appends that
// were queued before it), bounds what is queued, and reports a lane that stands still.
//
// Two threads meet here. Members are marked: [loop] only the loop touches them, [lane] only jobs of
// the lane do; what is done travels back over a lock-free list, so neither ever waits for the
// other.
#pragma once

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/real_lane.h"
#include "base/task.h"
#include "storage/checkpoint_file.h"
#include "storage/log.h"
#include "storage/space_watch.h"
#include "storage/work_lanes.h"

namespace barnabas::storage {

class DirectoryFiles;
struct LogOperation;

// What the loop knows of a log after a change.
struct LogState {
    std::shared_ptr<const LogSnapshot> snapshot;  // null: as before
    Offset recovery_point = offset_none;          // none: as before
    bool offline = false;
};

// The loop's side of a log: hears of each change, in order.
class LogOwner {
  public:
    virtual ~LogOwner() = default;
    virtual void publish(const LogState& state) = 0;
};

// The lane's side of a log. After the log was handed to its lane only lane jobs look inside.
struct LaneLog {
    std::unique_ptr<Log> log;  // null: could not be opened, or was removed
    // Why there is no log.
    Error gone{ErrorCode::kafka_storage_error, 0, "log is offline"};
    bool removed = false;
    // What the checkpoints said when it was opened: kept for a log that could not be.
    CheckpointedOffsets checkpointed;
    LogConfig config;
    // Of the directory that the log is in, which ends its lane before it goes.
    DirectoryFiles* files = nullptr;
    std::weak_ptr<LogOwner> owner;
    std::vector<LogOperation*> awaiting_flush;
    bool in_flush_group = false;
    // A sync is under way elsewhere, for these; appends go on, other changes wait for its end, and
    // all that comes behind such a change.
    bool flushing = false;
    std::vector<LogOperation*> in_flush;
    std::deque<LogOperation*> held;
    // Its sealed segments are being synced on the background lane; a flush waits for that.
    bool syncing = false;
    bool flush_after_sync = false;
};

using LogChange = std::move_only_function<Result<void>(LaneLog&)>;

// One change of one log, from the call to the answer.
struct LogOperation {
    enum class Kind { append, change, flush };
    explicit LogOperation(Kind what) : kind(what) {}

    const Kind kind;
    std::shared_ptr<LogOwner> owner;
    std::shared_ptr<LaneLog> log;
    AppendRequest request;  // of an append
    LogChange change;       // of a change
    Nanos deadline{};       // the caller waits no longer; the operation itself goes on
    // Takes microseconds unless the disk is slow: no more than a write to the page cache.
    bool is_quick = false;

    // [lane], until it is done; [loop] afterwards.
    AppendResult appended;
    std::optional<Error> error;
    LogState state;
    LogOperation* next_done = nullptr;
    // Made by the lane to tell the loop something; nobody waits for it.
    bool is_notice = false;

    // [loop]
    uint64_t cost = 0;
    bool on_lane = false;
    bool done = false;
    bool is_answered = false;
    AppendResult append_answer;
    Result<void> change_answer;
    // The task that waits for the answer, if it waits already; and where it lives.
    std::optional<boost::asio::any_completion_handler<void()>> waiter;
    boost::asio::any_io_executor waiter_home;
};

struct DirectoryQueueOptions {
    // How long callers wait for the disk before they get request_timed_out.
    Nanos patience = std::chrono::seconds(30);
    // Bytes of record batches that may wait for the lane; appends beyond it wait on the loop, ...
    uint64_t lane_bytes_max = 64 << 20;
    // ... as many as this, and beyond it fail at once with request_timed_out (which clients retry).
    uint64_t waiting_bytes_max = 256 << 20;
    // Quick operations may take the loop's own time while no more than this is on the lane.
    uint64_t quick_bytes_max = 256 << 10;
    // Bytes of the disk that clients' records may not take; and what tells how many are left.
    uint64_t reserved_bytes = 4 << 20;
    SpaceWatch::FreeBytes free_bytes = {};
    // Lanes that wait for fsyncs while the changes go on. 0: the changes wait.
    size_t flush_helpers_max = 0;
    std::function<std::unique_ptr<Lane>()> make_flush_helper = {};
    // A lane that finished nothing for so long is reported, once a second.
    Nanos stall_report_after = std::chrono::seconds(2);
};

struct DirectoryQueueStats {
    size_t operations = 0;  // queued or running
    uint64_t bytes = 0;
    Nanos stalled_for{};  // since the lane finished something, 0 if it has nothing to do
    uint64_t flushes = 0;
};

class DirectoryQueue : public std::enable_shared_from_this<DirectoryQueue> {
  public:
    // `background` outlives close(); null: what could run there delays the changes.
    DirectoryQueue(boost::asio::any_io_executor loop, Clock& clock, std::unique_ptr<Lane> lane,
                   Lane* background, std::string path, DirectoryQueueOptions options);
    ~DirectoryQueue();

    // --- on the loop ---
    // Queues the operation; the order of calls is the order of execution.
    void submit(std::shared_ptr<LogOperation> operation);
    // Completes when the operation is answered.
    static Task<AppendResult> append_answer(std::shared_ptr<LogOperation> operation);
    static Task<Result<void>> change_answer(std::shared_ptr<LogOperation> operation);
    // For operations that wait elsewhere to be submitted: not all of them can wait, not for ever.
    static void refuse_overflow(LogOperation& operation);
    static void refuse_late(LogOperation& operation);
    // Every later operation fails with kafka_storage_error, those in the queue too.
    void take_offline(const Error& why);
    bool offline() const { return offline_; }
    // Later operations are answered kafka_storage_error; those in the queue go on.
    void refuse() { refusing_ = true; }
    // Called once, when the directory goes offline.
    void on_offline(std::function<void(const Error&)> callback) {
        on_offline_ = std::move(callback);
    }
    // For work beside the logs (checkpoints, new directories); null after close().
    Lane* lane() { return lane_.get(); }
    DirectoryQueueStats stats() const;
    // Ends the lane (waits for the job that runs); what is queued is answered kafka_storage_error.
    void close();

    // --- in jobs of the lane ---
    // Answers what waits for a flush of `log` with `gone` and drops the log.
    void retire(LaneLog& log, const Error& gone);
    // A write or fsync failed for good: nothing of this directory is acknowledged again (L11).
    void fail_directory(const Error& why);
    bool failed() const { return failed_; }

  private:
    void hand_over(LogOperation& operation);
    void hand_over_waiting();
    void complete(LogOperation& operation);
    void drain();
    void drop_done_from_front();
    void fail_waiting(const Error& why);
    void expire(Nanos now);
    using Files = std::vector<std::shared_ptr<File>>;
    void hand_back(std::shared_ptr<LaneLog> log, Files synced, Result<void> outcome);
    void hand_back_flush(std::shared_ptr<LaneLog> log, Offset end, Result<void> outcome);
    void arm_watch();
    void watch();
    void report_stall(Nanos stalled_for) const;

    void run(LogOperation& operation);
    void run_now(LogOperation& operation);
    void perform(LogOperation& operation);
    bool has_room(const AppendRequest& request);
    bool waits_for_flush(const LogOperation& operation) const;
    bool sealed_a_segment(const LogOperation& operation,
                          const std::vector<SegmentExtent>* sealed_before) const;
    bool wants_background_flush(const LogOperation& operation) const;
    void start_background_sync(const std::shared_ptr<LaneLog>& log);
    void end_background_sync(const std::shared_ptr<LaneLog>& log, const Files& synced,
                             const Result<void>& outcome);
    void join_flush_group(const std::shared_ptr<LaneLog>& log);
    void run_flush_group_if_due();
    void start_flush(const std::shared_ptr<LaneLog>& log);
    void flush_here(const std::shared_ptr<LaneLog>& log);
    void flush_elsewhere(const std::shared_ptr<LaneLog>& log);
    bool begin_flush(LaneLog& log);
    void end_flush(const std::shared_ptr<LaneLog>& log, Offset end, Result<void> outcome);
    void finish(LogOperation& operation);
    void notify(const LaneLog& log);
    void push_done(LogOperation& operation);

    const boost::asio::any_io_executor loop_;
    Clock& clock_;
    const std::string path_;
    const DirectoryQueueOptions options_;
    std::unique_ptr<Lane> lane_;
    Lane* const lane_of_jobs_;    // for jobs: stays while close() waits for them
    RealLane* const quick_lane_;  // the same, if it is one
    Lane* const background_;

    // [loop]
    std::deque<std::shared_ptr<LogOperation>> queued_;  // in call order, until done
    std::deque<LogOperation*> waiting_;                 // those not handed to the lane yet
    uint64_t lane_bytes_ = 0;
    uint64_t waiting_bytes_ = 0;
    Nanos last_progress_{};
    Clock::TimerId watch_timer_ = 0;
    bool offline_ = false;
    bool refusing_ = false;
    std::function<void(const Error&)> on_offline_;

    // [lane]
    // Those that are to be flushed once so many operations have been run.
    std::vector<std::shared_ptr<LaneLog>> flush_group_;
    uint64_t flush_after_run_ = 0;
    uint64_t run_ = 0;
    // Wait for fsyncs, so that the lane goes on with appends meanwhile. What one is given touches a
    // file and nothing else. None: the lane waits.
    std::optional<WorkLanes> flush_helpers_;
    bool failed_ = false;
    SpaceWatch space_;
    bool is_full_ = false;

    // Both: what the lane has done, newest first.
    std::atomic<LogOperation*> done_{nullptr};
    std::atomic<uint64_t> flushes_{0};
    std::atomic<uint64_t> handed_over_{0};
};

}  // namespace barnabas::storage
