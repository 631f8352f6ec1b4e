// SPDX-License-Identifier: Apache-2.0
// CoordinatorLog: a coordinator's partition as its log of decisions: replayed into the state
// machine when the partition is led here, then written to, in the order of the calls. A record is
// applied when it is committed, never before; whoever asked hears of it afterwards. Lives on shard
// 0, run by one task. Knows nothing of groups or transactions.
//
// Writes that are asked for while one is on its way go out together as the next batch: the busier
// the disk, the larger the batches.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "broker/coordinator/coordinator_record.h"
#include "broker/coordinator/coordinator_replay.h"
#include "broker/partition/partition.h"
#include "storage/one_shot.h"

namespace barnabas::broker {

class CoordinatorLog {
  public:
    // `machine` outlives the log.
    CoordinatorLog(Clock& clock, std::shared_ptr<Partition> partition, CoordinatorMachine& machine);
    CoordinatorLog(const CoordinatorLog&) = delete;
    CoordinatorLog& operator=(const CoordinatorLog&) = delete;

    // Replays, then writes what is asked for, until close(). Whoever runs it keeps this alive.
    Task<void> run();
    // Queues the records before returning; they become one batch, or part of one. Completes with
    // none when they are committed and applied; with request_timed_out at `deadline`, although they
    // may still be; else with the error that kept them out of the log.
    Task<ErrorCode> write(std::vector<CoordinatorRecord> records, Nanos deadline);
    // Ends run(); what waits is answered not_leader_or_follower, and nothing is applied any more.
    void close();

    // Records of one write may take as many bytes.
    size_t write_bytes_max() const;
    static size_t size_of(const CoordinatorRecord& record);

    bool active() const { return active_ && !closed_; }
    bool closed() const { return closed_; }
    // Records below this offset have been applied.
    Offset applied_end() const { return applied_end_; }

    static constexpr size_t waiting_max = 100'000;

  private:
    struct Write {
        std::vector<CoordinatorRecord> records;
        std::shared_ptr<storage::OneShot<ErrorCode>> outcome;
    };

    Task<void> load();
    Task<Result<void>> replay_to(Offset end);
    std::vector<uint8_t> take_batch(std::vector<Write>& taken);
    Task<void> write_batch();
    Task<ErrorCode> append(std::vector<uint8_t> batch, Offset& base_offset);
    Task<void> catch_up(Offset end);
    void apply(const std::vector<Write>& writes);
    void fail_waiting(ErrorCode error);

    Clock& clock_;
    const std::shared_ptr<Partition> partition_;
    CoordinatorMachine& machine_;
    CoordinatorReplay replay_;
    Signal changed_;
    std::deque<Write> waiting_;
    Offset applied_end_;
    bool active_ = false;
    bool closed_ = false;
};

}  // namespace barnabas::broker
