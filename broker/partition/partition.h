// SPDX-License-Identifier: Apache-2.0
// Partition: one partition on this broker as clients see it: who leads, what is committed, who waits.
// Lives on one shard; reads and writes its log through storage::LogHandle. Handlers reach storage only
// through this folder. Never parses or writes wire messages beyond batches.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/uuid.h"
#include "cluster/metadata_image.h"
#include "storage/log_handle.h"

namespace barnabas::broker {

enum class Isolation : int8_t { read_uncommitted = 0, read_committed = 1 };

struct PartitionRead {
    ErrorCode error = ErrorCode::none;
    Offset high_watermark = offset_none;
    Offset last_stable_offset = offset_none;
    Offset log_start_offset = offset_none;
    std::optional<std::vector<storage::AbortedTransaction>> aborted;
    // Set when last_fetched_epoch diverges from this log (KIP-595/KIP-320).
    std::optional<storage::EpochEndOffset> diverging_epoch;
    storage::ReadPlan plan;
    // True when plan_read needs the disk: call read_cold.
    bool cold = false;
};

struct FetchPosition {
    Offset offset;
    LeaderEpoch current_leader_epoch = leader_epoch_none;   // -1: do not check (F09)
    LeaderEpoch last_fetched_epoch = leader_epoch_none;
    Isolation isolation = Isolation::read_uncommitted;
    uint64_t bytes_max = 0;
    bool at_least_one_batch = false;
};

class Partition {
  public:
    Partition(Clock& clock, std::shared_ptr<storage::LogHandle> log);

    // Queues the batch on the log before suspending (call order is offset order), completes when it is
    // written; with required_acks -1 also when the high watermark has passed it or `deadline` is over
    // (request_timed_out).
    Task<storage::AppendResult> append(storage::AppendRequest request, int16_t required_acks,
                                       Nanos deadline);
    // Plans a read from the newest snapshot; never blocks.
    PartitionRead read(const FetchPosition& position) const;
    // The same off the loop, for data that is not cached.
    Task<PartitionRead> read_cold(FetchPosition position) const;
    // Adds or removes a Signal that is notified when the high watermark, last stable offset, leadership
    // or existence changes: waiting fetches.
    void watch(Signal* signal);
    void unwatch(Signal* signal);

    // New leader, epoch, ISR from the metadata image.
    void apply_image(const cluster::PartitionImage& image, BrokerId self);
    // Topic deleted: waiters are woken and find not_leader_or_follower / unknown topic.
    void mark_deleted();

    bool is_leader() const;
    bool deleted() const;
    LeaderEpoch leader_epoch() const;
    BrokerId leader() const;
    Offset log_start_offset() const;
    Offset high_watermark() const;
    Offset last_stable_offset() const;
    Offset log_end_offset() const;
    // none, or fenced_leader_epoch / unknown_leader_epoch / not_leader_or_follower.
    ErrorCode check_leader_epoch(LeaderEpoch current) const;
    storage::LogHandle& log();
    const Uuid& topic_id() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas::broker
