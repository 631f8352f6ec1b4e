// SPDX-License-Identifier: Apache-2.0
// LogCleaner: compaction in the background: picks the log with the largest part not yet compacted,
// runs one LogCleaning after another on the work lanes of its directory, at no more than the
// configured rate, and has the log take over what was made. A log that cannot be compacted is
// reported and left alone; it holds no other up (pitfall K15). Lives on the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/task_group.h"
#include "base/uuid.h"
#include "storage/cleanable.h"
#include "storage/disk_log_handle.h"
#include "storage/log_cleaning.h"
#include "storage/log_manager.h"

namespace barnabas::storage {

class LogCleaner {
  public:
    using Handle = std::shared_ptr<DiskLogHandle>;
    using Logs = std::function<std::vector<Handle>()>;

    // `logs` gives all logs there are. `secret` is random.
    LogCleaner(Disk& disk, Clock& clock, TaskGroup& tasks, LogCleanerOptions options,
               const Uuid& secret, Logs logs);
    // From now on until the task group stops.
    void start();
    // Threads come or go, everything else counts from the next round on.
    void set_options(const LogCleanerOptions& options);
    // Completes when nothing of that log's compaction runs. Its handle accepts nothing any more, or
    // the cleaner would go on with it.
    Task<void> wait_until_idle(TopicPartition of);
    LogCleanerStatus status() const;

  private:
    struct Picked {
        Handle log;
        CleanableRange range;
        double ratio = 0;
    };
    // A round on its way.
    struct Round {
        Handle log;
        CleanableRange range;
        uint64_t truncations = 0;
        std::shared_ptr<LogCleaning> cleaning;
        Nanos started{};
        Nanos reported{};
        uint64_t bytes = 0;
    };
    using Outcome = Result<bool>;  // false: given up, the log has changed or is going

    void take_options(const LogCleanerOptions& options);
    void start_workers();
    Task<void> work();
    Task<std::optional<Picked>> pick();
    Task<bool> is_overdue(Handle log, CleanableRange range);
    Task<bool> clean(Picked picked);
    Task<Outcome> run(Round& round);
    Task<Result<void>> begin(Round& round);
    Task<Outcome> replace(Round& round);
    Task<void> pause(Nanos until);
    Nanos throttle(uint64_t bytes);
    bool goes_on(const Round& round) const;
    void report(Round& round, bool done);
    void note_failure(const Round& round, const Error& why);

    Disk& disk_;
    Clock& clock_;
    TaskGroup& tasks_;
    LogCleanerOptions options_;
    const HashSecret secret_;
    const Logs logs_;
    uint64_t step_bytes_ = 0;
    bool started_ = false;
    size_t workers_ = 0;
    std::set<TopicPartition> busy_;
    Signal wake_;      // a round has ended, or somebody wants one to end
    Nanos free_at_{};  // what has been moved so far is paid for then
    LogCleanerStatus status_;
};

}  // namespace barnabas::storage
