// SPDX-License-Identifier: Apache-2.0
// MetadataLog: the interface of consensus (KRaft-shaped, KIP-595): offsets and epochs are Kafka's.
// A single node is a quorum of one (cluster/quorum_of_one.h); a voter with peers can come behind
// the same interface.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"

namespace barnabas::cluster {

struct SnapshotId {
    Offset end_offset;  // exclusive
    LeaderEpoch epoch;
    friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

// A committed record: `value` is a framed metadata record (uvarint 1, key, version, body).
struct CommittedRecord {
    Offset offset;
    Bytes value;
};

class MetadataLog {
  public:
    struct Callbacks {
        // Committed records in offset order, each once, at start-up (replay) and live alike.
        std::function<void(LeaderEpoch epoch, const std::vector<CommittedRecord>&)> on_commit;
        // This node leads (id is itself) or follows `id` in `epoch`; broker_id_none: no leader
        // known.
        std::function<void(LeaderEpoch epoch, BrokerId id)> on_leader;
        // State must be replaced by the snapshot's records (before any later on_commit).
        std::function<void(const SnapshotId&, const std::vector<CommittedRecord>&)> on_snapshot;
    };

    virtual ~MetadataLog() = default;
    // Reads quorum-state, newest checkpoint and the tail, calls back, then leads or follows. An
    // empty directory is bootstrapped.
    virtual Task<Result<void>> start(Callbacks callbacks) = 0;
    // Appends framed records as one batch; completes when they are committed (durable on a
    // majority) and on_commit has run for them. Gives the last record's offset. Fails with
    // not_controller if `expected_epoch` is not the current epoch.
    virtual Task<Result<Offset>> append(std::vector<std::vector<uint8_t>> records,
                                        LeaderEpoch expected_epoch) = 0;
    // Writes `<end offset>-<epoch>.checkpoint` atomically and lets the log start move up to it.
    virtual Task<Result<SnapshotId>> create_snapshot(std::vector<std::vector<uint8_t>> records) = 0;
    virtual LeaderEpoch epoch() const = 0;
    virtual BrokerId leader() const = 0;
    virtual Offset end_offset() const = 0;
    virtual Offset high_watermark() const = 0;
    virtual Task<void> stop() = 0;
};

}  // namespace barnabas::cluster
