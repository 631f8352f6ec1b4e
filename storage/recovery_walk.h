// SPDX-License-Identifier: Apache-2.0
// RecoveryWalk: reads every batch from a place below the recovery point to the end, rebuilds what
// is derived from them, and judges what it cannot read: a torn tail is cut, damage is an Error. A
// part of recover_log(), used once.
#pragma once

#include <optional>
#include <vector>

#include "storage/batch_walker.h"
#include "storage/log_files.h"
#include "storage/recovery.h"

namespace barnabas::storage {

// True if a batch can lie in a segment at `base` after batches that end before `expected`.
bool fits_segment(const protocol::BatchHeader& batch, Offset base, Offset expected);

// Feeds the batches at or beyond `from` to `producers` and writes the .txnindex files anew that may
// have changed. `extents` are all segments in order.
Result<void> replay_producers(const std::vector<SegmentExtent>& extents, Offset from, Offset end,
                              int64_t now_ms, ProducerHistory& producers);

class RecoveryWalk {
  public:
    struct Points {
        // Everything below was synced: what cannot be read there is damage.
        Offset recovery_point;
        // Producers have to be told of batches from here on; <= recovery_point.
        Offset replay_from;
    };
    RecoveryWalk(Disk& disk, const LogOpenOptions& options, LogFiles& files, Points points,
                 LeaderEpochs& epochs, ProducerHistory& producers)
        : disk_(disk),
          options_(options),
          files_(files),
          points_(points),
          epochs_(epochs),
          producers_(producers) {}

    // Walks from segment number `first`, which holds replay_from, to the end; syncs what it keeps.
    Result<void> run(size_t first, RecoveryReport& report);

    const std::vector<SegmentExtent>& sealed() const { return sealed_; }
    SegmentWriter& active() { return *active_; }
    Offset end() const { return expected_; }
    // Nothing had to be synced, so that names of files may still be in doubt.
    bool is_as_synced() const { return is_as_synced_; }

  private:
    bool lost_end_before(size_t i) const;
    // False when the log ends in this segment because the rest was cut.
    Result<bool> walk_segment(size_t i, RecoveryReport& report);
    bool accept(size_t i, const WalkedBatch& batch);
    bool misses_recovery_point(size_t i, const protocol::BatchHeader& batch) const;
    Result<void> check_overlap(size_t i, const WalkedBatch& batch);
    Result<bool> is_old_format(const File& file, uint64_t position, uint64_t size) const;
    // Fails if `batch` shows that a field without checksum is damaged in the batch before it.
    Result<void> check_fields_before(const WalkedBatch& batch) const;
    // Fails unless the log may be cut at `position`, where no batch can be read.
    Result<void> judge(size_t i, const File& file, uint64_t position, uint64_t size);
    Result<void> report_cut(size_t i, uint64_t size, RecoveryReport& report) const;
    Result<bool> has_batches_after(size_t i) const;
    Result<void> drop_segments_from(size_t i);
    Result<void> keep(size_t i);

    Disk& disk_;
    const LogOpenOptions& options_;
    LogFiles& files_;
    const Points points_;
    LeaderEpochs& epochs_;
    ProducerHistory& producers_;
    std::vector<SegmentExtent> sealed_;
    std::optional<SegmentWriter> active_;
    Offset expected_;
    // What expected_ would be but for the last gap in the offsets.
    Offset expected_without_gap_;
    LeaderEpoch walked_epoch_ = leader_epoch_none;
    // The newest epoch that the checkpoint knew; it is written before the first batch of an epoch.
    LeaderEpoch checkpointed_epoch_ = leader_epoch_none;
    bool any_batch_ = false;
    // The batch walked last is the only one of an epoch that the checkpoint does not know: its
    // epoch, which is under no checksum, was damaged. (Of two such batches, the checkpoint was.)
    bool stands_alone_ = false;
    bool is_cut_ = false;
    bool is_as_synced_ = false;
    // Whole batches lie behind the place where the log is cut.
    bool records_behind_ = false;
};

}  // namespace barnabas::storage
