// SPDX-License-Identifier: Apache-2.0
// MetadataLog: the interface of consensus (KRaft-shaped, KIP-595): offsets and epochs are Kafka's.
// A single node is a quorum of one (cluster/quorum_of_one.h); a voter with peers can come behind
// the same interface.
#pragma once

#include <functional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "cluster/committed_record.h"

namespace barnabas::cluster {

class MetadataLog {
  public:
    // An Error from a callback ends start(); later it is a broken invariant.
    struct Callbacks {
        // Committed records in offset order, each once, at start-up (replay) and live alike.
        std::function<Result<void>(LeaderEpoch epoch, const std::vector<CommittedRecord>&)>
            on_commit;
        // This node leads (id is itself) or follows `id` in `epoch`; broker_id_none: no leader
        // known.
        std::function<void(LeaderEpoch epoch, BrokerId id)> on_leader;
        // State must be replaced by the snapshot's records (before any later on_commit).
        std::function<Result<void>(const SnapshotId&, const std::vector<CommittedRecord>&)>
            on_snapshot;
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
    // Writes `<end offset>-<epoch>.checkpoint` atomically and lets the log start move up to the one
    // before it. `make_records` gives the framed records of the committed state; it runs off the
    // loop, once. Not while an append runs.
    using MakeRecords = std::move_only_function<std::vector<std::vector<uint8_t>>()>;
    virtual Task<Result<SnapshotId>> create_snapshot(MakeRecords make_records) = 0;
    // Ends leading; later appends fail.
    virtual Task<void> stop() = 0;

    virtual LeaderEpoch epoch() const = 0;
    virtual BrokerId leader() const = 0;
    virtual Offset end_offset() const = 0;
    virtual Offset high_watermark() const = 0;
    // The finalized kraft.version: 0 has static voters, 1 has them in the log (KIP-853).
    virtual int16_t kraft_version() const = 0;
    // The records that the directory was formatted with, framed.
    virtual const std::vector<std::vector<uint8_t>>& bootstrap() const = 0;
    // Bytes of the log that the newest snapshot does not stand for.
    virtual uint64_t bytes_since_snapshot() const = 0;
};

}  // namespace barnabas::cluster
