// SPDX-License-Identifier: Apache-2.0
// Opening a partition's directory: after a clean shutdown by looking at ends only, otherwise by
// walking everything beyond the recovery point, cutting a torn tail and rebuilding what is derived
// (pitfalls L01-L09, L15-L21). Damage that no loss of power explains is an Error and changes
// nothing (L02). Runs on the lane. Doing it again after a crash in the middle gives the same log
// (L08).
#pragma once

#include <optional>
#include <vector>

#include "storage/leader_epochs.h"
#include "storage/log.h"
#include "storage/producer_history.h"
#include "storage/segment_writer.h"

namespace barnabas::storage {

struct RecoveredLog {
    std::vector<SegmentExtent> sealed;
    SegmentWriter active;
    LeaderEpochs epochs;
    ProducerHistory producers;
    Offset log_start_offset;
    Offset end_offset;
    // == end_offset after a walk: what was kept is on the device (pitfall L09).
    Offset recovery_point;
    RecoveryReport report;
    // The directory is to be synced before anything in it counts as durable.
    bool names_in_doubt = false;
};

// The directory exists. kafka_storage_error with os_error 0: the log is damaged.
Result<RecoveredLog> recover_log(Disk& disk, const LogOpenOptions& options);

// Opens a segment that does not grow and whose batches are all below `next_base`: looks at file
// sizes and last index entries only, unless those are in doubt; then its headers are walked and the
// indexes built anew.
struct SealedSegment {
    SegmentExtent extent;
    bool rebuilt = false;
};
Result<SealedSegment> open_sealed(Disk& disk, const LogOpenOptions& options, Offset base,
                                  Offset next_base);

// Notes the epochs of the batches in [position, end) of a segment.
Result<void> assign_epochs(const File& file, uint64_t position, uint64_t end, LeaderEpochs& epochs);

}  // namespace barnabas::storage
