// SPDX-License-Identifier: Apache-2.0
// Partition: one partition on this broker as clients see it: who leads, what is committed, who
// waits. Lives on one shard; reads and writes its log through storage::LogHandle. Handlers reach
// storage only through this folder. Never parses or writes wire messages beyond batches.
//
// Invariants, asserted at each change: log start <= high watermark, last stable offset <= high
// watermark <= log end, and within one leadership neither of the two goes back.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/uuid.h"
#include "broker/partition/transaction_guards.h"
#include "cluster/metadata_image.h"
#include "storage/log_handle.h"

namespace barnabas::broker {

enum class Isolation : int8_t { read_uncommitted = 0, read_committed = 1 };

// What a fetch may send of one partition. Every offset is none when `error` is set.
struct PartitionRead {
    ErrorCode error = ErrorCode::none;
    Offset high_watermark = offset_none;
    Offset last_stable_offset = offset_none;
    Offset log_start_offset = offset_none;
    // Set for read_committed: the aborted transactions among the records, possibly none.
    std::optional<std::vector<storage::AbortedTransaction>> aborted;
    // Set when last_fetched_epoch diverges from this log (KIP-595, KIP-320).
    std::optional<storage::EpochEndOffset> diverging_epoch;
    storage::ReadPlan plan;
    // There is something to read, but not without waiting for the disk: call read_cold.
    bool cold = false;
};

struct FetchPosition {
    Offset offset;
    LeaderEpoch current_leader_epoch = leader_epoch_none;  // -1: do not check (F09)
    LeaderEpoch last_fetched_epoch = leader_epoch_none;
    Isolation isolation = Isolation::read_uncommitted;
    uint64_t bytes_max = 0;
    bool at_least_one_batch = false;
};

// Bytes of records that clients wrote and were sent since the start: for metrics.
struct PartitionTraffic {
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
};

class Partition {
  public:
    // Nobody leads it before the first apply_image.
    Partition(Clock& clock, std::shared_ptr<storage::LogHandle> log);
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;

    // Queues the batch on the log before returning, so that call order is offset order; the epoch
    // is filled in here. Completes when the batch is written; with required_acks -1 also when the
    // high watermark has passed it, or with request_timed_out when `deadline` is over. Other
    // errors: not_leader_or_follower, not_enough_replicas, and those of storage. An error has no
    // offsets.
    Task<storage::AppendResult> append(storage::AppendRequest request, int16_t required_acks,
                                       Nanos deadline);
    // Whether append() would be accepted now.
    ErrorCode check_append(int16_t required_acks) const;
    // Completes with none when the high watermark is beyond `offset`; with request_timed_out at
    // `deadline`, with not_leader_or_follower when this leadership is over.
    Task<ErrorCode> wait_committed(Offset offset, Nanos deadline) const;
    // Who may write in a transaction; markers and writes go through it just before they are queued.
    TransactionGuards& guards();
    // Plans a read from the newest snapshot; never blocks. Errors: fenced_leader_epoch,
    // unknown_leader_epoch, not_leader_or_follower, offset_out_of_range, kafka_storage_error.
    PartitionRead read(const FetchPosition& position) const;
    // The same off the loop, for data that is not cached, which it reads ahead. The caller holds
    // the partition until the task completes; so it is for all tasks below.
    Task<PartitionRead> read_cold(FetchPosition position);
    // False while so many cold reads of this partition run that one more would only queue.
    bool may_read_cold() const;
    // The end of what a reader with this isolation may see.
    Offset readable_end(Isolation isolation) const;

    // Offset lookup (ListOffsets) below `readable_end`; {-1, -1} if there is none.
    Task<Result<storage::TimestampOffset>> find_by_timestamp(int64_t timestamp_ms,
                                                             Isolation isolation) const;
    Task<Result<storage::TimestampOffset>> find_max_timestamp(Isolation isolation) const;
    // End offset of the largest epoch <= `epoch`; none when this log does not know (F10).
    storage::EpochEndOffset end_offset_for(LeaderEpoch epoch) const;
    // The epoch that the record at `offset` has or will have.
    LeaderEpoch epoch_at(Offset offset) const;
    // Moves the log start (DeleteRecords); `offset` none means the high watermark. Gives the new
    // log start. Errors: offset_out_of_range, policy_violation, not_leader_or_follower.
    Task<Result<Offset>> delete_records_before(Offset offset);

    Task<Result<storage::ActiveProducers>> active_producers() const;

    // A watched Signal is notified when the high watermark, last stable offset, leadership or
    // existence changes: waiting fetches.
    void watch(Signal* signal);
    void unwatch(Signal* signal);

    // New leader, epoch, in-sync replicas; images come in order.
    void apply_image(const cluster::PartitionImage& image, BrokerId self);
    // Topic deleted or replica moved away: waiters are woken, requests find not_leader_or_follower.
    void mark_deleted();

    bool is_leader() const;
    bool deleted() const;
    LeaderEpoch leader_epoch() const;
    BrokerId leader() const;
    Offset log_start_offset() const;
    Offset high_watermark() const;
    Offset last_stable_offset() const;
    Offset log_end_offset() const;
    // False between becoming leader and the high watermark's reaching the log end of that moment:
    // until then end offsets are not told, because they could go back (KIP-207, F18).
    bool end_offset_known() const;
    // none, or fenced_leader_epoch / unknown_leader_epoch / not_leader_or_follower /
    // kafka_storage_error.
    ErrorCode check_leader_epoch(LeaderEpoch current) const;
    storage::LogHandle& log() const;
    const Uuid& topic_id() const;
    PartitionTraffic& traffic() { return traffic_; }
    const PartitionTraffic& traffic() const { return traffic_; }

  private:
    struct State;
    static Task<storage::AppendResult> finish_append(std::shared_ptr<State> state,
                                                     LeaderEpoch epoch,
                                                     Task<storage::AppendResult> written,
                                                     int16_t required_acks, Nanos deadline);
    static Task<ErrorCode> wait_committed(std::shared_ptr<State> state, LeaderEpoch epoch,
                                          Offset offset, Nanos deadline);
    std::shared_ptr<State> state_;
    size_t cold_reads_ = 0;
    PartitionTraffic traffic_;
};

// Watches a partition for as long as it lives.
class PartitionWatch {
  public:
    PartitionWatch(std::shared_ptr<Partition> partition, Signal* signal)
        : partition_(std::move(partition)), signal_(signal) {
        partition_->watch(signal_);
    }
    PartitionWatch(PartitionWatch&& other) noexcept = default;
    PartitionWatch& operator=(PartitionWatch&&) = delete;
    ~PartitionWatch() {
        if (partition_) partition_->unwatch(signal_);
    }

  private:
    std::shared_ptr<Partition> partition_;
    Signal* signal_;
};

}  // namespace barnabas::broker
