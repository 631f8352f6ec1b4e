// SPDX-License-Identifier: Apache-2.0
// LogDirectory: one entry of log.dirs: its lanes, the queue of changes, its files, and whether it
// is offline. Lives on the loop; files() belongs to the lane. A failing disk takes its directory
// offline and no other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/lane.h"
#include "storage/directory_files.h"
#include "storage/directory_queue.h"
#include "storage/lane_call.h"
#include "storage/open_files.h"
#include "storage/storage_error.h"
#include "storage/work_lanes.h"

namespace barnabas::storage {

class DiskLogHandle;

class LogDirectory {
  public:
    struct Lanes {
        std::unique_ptr<Lane> changes;
        std::unique_ptr<Lane> reads;       // null: reads share the lane of changes
        std::unique_ptr<Lane> background;  // null: long work delays the changes
        // For work on single partitions, at most so many.
        std::function<std::unique_ptr<Lane>()> make_work_lane;
        size_t work_lanes_max = 4;
    };

    LogDirectory(boost::asio::any_io_executor loop, Clock& clock, Disk& disk, std::string path,
                 Lanes lanes, DirectoryQueueOptions options)
        : clock_(clock),
          patience_(options.patience),
          files_(disk, path),
          read_lane_(std::move(lanes.reads)),
          background_lane_(std::move(lanes.background)),
          work_lanes_(std::move(lanes.make_work_lane), lanes.work_lanes_max),
          queue_(std::make_shared<DirectoryQueue>(std::move(loop), clock, std::move(lanes.changes),
                                                  background_lane_.get(), std::move(path),
                                                  options)) {}
    LogDirectory(const LogDirectory&) = delete;
    LogDirectory& operator=(const LogDirectory&) = delete;
    ~LogDirectory() { close(); }

    const std::string& path() const { return files_.path(); }
    Clock& clock() { return clock_; }
    // How long callers wait for an answer of the disk.
    Nanos patience() const { return patience_; }
    bool offline() const { return queue_->offline(); }
    DirectoryQueue& queue() { return *queue_; }
    // Null after close().
    Lane* read_lane() { return read_lane_ != nullptr ? read_lane_.get() : queue_->lane(); }
    // For what takes long and whose order does not matter: deleting files. Null after close().
    Lane* background_lane() {
        return background_lane_ != nullptr ? background_lane_.get() : queue_->lane();
    }
    // [lane] only.
    DirectoryFiles& files() { return files_; }

    // Runs `fn(DirectoryFiles&)`, which gives a Result and owns what else it uses, on the lane
    // behind what is queued. A failing disk takes the directory offline.
    template <class F>
    Task<std::invoke_result_t<F&, DirectoryFiles&>> on_lane(F fn, Nanos deadline) {
        Lane* const lane = queue_->lane();
        if (lane == nullptr || offline())
            co_return fail(ErrorCode::kafka_storage_error, "log directory is offline");
        auto job = [this, work = std::move(fn)]() mutable { return work(files_); };
        auto running = call_on_lane(clock_, *lane, std::move(job), deadline);
        auto outcome = co_await std::move(running);
        if (!outcome && is_disk_failure(outcome.error())) queue_->take_offline(outcome.error());
        co_return outcome;
    }

    // Runs `fn()`, which gives a Result and owns what it uses, on one of the work lanes.
    template <class F>
    Task<std::invoke_result_t<F&>> on_work_lane(F fn, Nanos deadline) {
        if (queue_->lane() == nullptr || offline())
            co_return fail(ErrorCode::kafka_storage_error, "log directory is offline");
        auto running = call_on_lane(clock_, work_lanes_.pick(), std::move(fn), deadline);
        auto outcome = co_await std::move(running);
        if (!outcome && is_disk_failure(outcome.error())) queue_->take_offline(outcome.error());
        co_return outcome;
    }
    WorkLanes& work_lanes() { return work_lanes_; }

    // Ends the lanes and gives the lock back. Waits for the jobs that run.
    void close() {
        work_lanes_.close();
        queue_->close();
        background_lane_.reset();
        read_lane_.reset();
        files_.unlock();
    }

    // Of the logs in it.
    std::shared_ptr<OpenFiles> open_files;
    // Those of its logs that will have to be flushed or purged: most have nothing to do, however
    // many there are.
    std::vector<std::weak_ptr<DiskLogHandle>> noted;
    // For the manager. How many partitions it holds (new ones go where there are fewest), ...
    size_t partitions = 0;
    // ... how many more are being made, ...
    size_t partitions_to_come = 0;
    // ... whether all that were found have been opened, and as what it was formatted.
    bool loaded = false;
    bool holds_partitions = true;
    Uuid directory_id;
    // Gets no new partitions.
    bool cordoned = false;

  private:
    Clock& clock_;
    const Nanos patience_;
    DirectoryFiles files_;
    std::unique_ptr<Lane> read_lane_;
    std::unique_ptr<Lane> background_lane_;
    WorkLanes work_lanes_;
    std::shared_ptr<DirectoryQueue> queue_;
};

}  // namespace barnabas::storage
