// SPDX-License-Identifier: Apache-2.0
// LogHandle: the loop's side of one log. Queues work on the log directory's lane in call order
// (which is offset order), does group commit, and keeps the newest LogSnapshot for readers. One
// shard uses it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/lane.h"
#include "base/task.h"
#include "storage/log.h"

namespace barnabas::storage {

class LogDirectory;  // storage/log_directory.h: path, lane, checkpoints, offline flag

class LogHandle {
  public:
    virtual ~LogHandle() = default;

    // Queues the append before returning (an ordinary function, not a coroutine), so that two calls
    // in a row append in that order even if their tasks are awaited later or not at all. The task
    // completes when the records are written (and fsynced where config or request ask for it).
    // The published snapshot is updated before the task completes. A directory that is offline
    // gives kafka_storage_error at once. request_timed_out: the disk did not take it within the
    // manager's patience, or too much waits already; the records may still be appended.
    virtual Task<AppendResult> append(AppendRequest request) = 0;
    // Called on the loop after each change of the snapshot, before the append's task completes.
    // Replaces the callback that was set before; an empty one removes it.
    virtual void on_published(std::function<void()> callback) = 0;
    // Readers' view: never null, never blocks.
    virtual const std::shared_ptr<const LogSnapshot>& snapshot() const = 0;

    // Runs plan_read off the loop, for data that is not in the page cache, and reads it ahead.
    virtual Task<Result<ReadPlan>> plan_cold_read(ReadRequest request) = 0;
    // The same, and gives the bytes themselves: for replaying a log, not for serving it.
    virtual Task<Result<std::vector<uint8_t>>> read_records(ReadRequest request) = 0;
    virtual Task<Result<TimestampOffset>> find_by_timestamp(int64_t timestamp_ms, Offset limit) = 0;
    virtual Task<Result<TimestampOffset>> find_max_timestamp(Offset limit) = 0;
    // Who has written here, in line with the appends.
    virtual Task<Result<ActiveProducers>> active_producers() = 0;
    // Changes: queued before they return, in order with the appends.
    virtual Task<Result<void>> advance_log_start(Offset offset) = 0;
    virtual Task<Result<void>> truncate_to(Offset offset) = 0;
    virtual Task<Result<void>> set_config(LogConfig config) = 0;
    virtual Task<Result<void>> flush() = 0;
    // What the directory's high-watermark checkpoint will say for this log.
    virtual void set_high_watermark(Offset offset) = 0;

    virtual const TopicPartition& topic_partition() const = 0;
    virtual const Uuid& topic_id() const = 0;
    virtual const LogConfig& config() const = 0;
    // High watermark found in the checkpoint when the log was opened, clipped to the log (L19).
    virtual Offset checkpointed_high_watermark() const = 0;
    virtual bool offline() const = 0;
};

}  // namespace barnabas::storage
