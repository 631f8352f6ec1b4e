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
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "broker/coordinator/coordinator_record.h"
#include "broker/coordinator/coordinator_replay.h"
#include "broker/coordinator/write_outcome.h"
#include "broker/partition/partition.h"
#include "broker/partition/transaction_marker.h"

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
    // The same for records of a producer's transaction: the machine holds them. Also
    // invalid_producer_epoch.
    Task<ErrorCode> write_in_transaction(ProducerId producer, int16_t epoch,
                                         std::vector<CoordinatorRecord> records, Nanos deadline);
    // Ends a transaction, in line with the writes; completes when the machine has heard of it (X16,
    // X17). Also invalid_producer_epoch, transaction_coordinator_fenced.
    Task<ErrorCode> end_transaction(TransactionMarker marker, Nanos deadline);
    // Completes when what was asked for before is committed and applied, or has failed.
    Task<ErrorCode> wait_for_earlier(Nanos deadline);
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
    // Plain records, records of a transaction, the end of one, or nothing: only a place in line.
    struct Write {
        std::vector<CoordinatorRecord> records{};
        std::shared_ptr<WriteOutcome> outcome{};
        ProducerId producer = producer_id_none;
        int16_t producer_epoch = -1;
        std::optional<TransactionMarker> marker{};

        bool is_plain() const { return producer == producer_id_none && !marker; }
    };

    Task<void> load();
    Task<Result<void>> replay_to(Offset end);
    Task<ErrorCode> enqueue(Write write, Nanos deadline);
    storage::AppendRequest take_batch(std::vector<Write>& taken);
    std::vector<uint8_t> build_batch(const std::vector<Write>& writes) const;
    Task<void> write_batch();
    Task<ErrorCode> append(storage::AppendRequest request, Offset& base_offset);
    Task<void> catch_up(Offset end);
    void apply(const Write& write);
    void fail_waiting(ErrorCode error);

    Clock& clock_;
    const std::shared_ptr<Partition> partition_;
    CoordinatorMachine& machine_;
    CoordinatorReplay replay_;
    Signal changed_;
    std::deque<Write> waiting_;
    Offset applied_end_;
    bool active_ = false;
    bool writing_ = false;
    bool closed_ = false;
};

}  // namespace barnabas::broker
