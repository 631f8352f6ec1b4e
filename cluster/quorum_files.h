// SPDX-License-Identifier: Apache-2.0
// The files of a metadata log beside its segments: quorum-state, snapshots, and the bootstrap file
// in the log directory above. Plain synchronous functions over Disk, run on the metadata log's
// lane.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "cluster/quorum_state.h"
#include "cluster/snapshot_file.h"

namespace barnabas::cluster {

// A snapshot that was read; its records borrow from its bytes, which stay where they are.
struct LoadedSnapshot {
    SnapshotId id;
    std::vector<uint8_t> bytes;
    ParsedSnapshot content;
};

struct QuorumFiles {
    std::optional<QuorumState> state;
    std::vector<SnapshotId> snapshots;       // by id
    std::optional<LoadedSnapshot> snapshot;  // the newest that can be read
    // Newer ones than `snapshot` that cannot be read.
    std::vector<SnapshotId> damaged;
    // What the directory was formatted with, framed; nullopt without such a file.
    std::optional<std::vector<std::vector<uint8_t>>> bootstrap;
};

// Reads all of them, and removes what interrupted writes left. `directory` is that of the log.
Result<QuorumFiles> load_quorum_files(Disk& disk, const std::string& directory);
Result<void> save_quorum_state(Disk& disk, const std::string& directory, const QuorumState& state);
// Atomic: a reader finds the whole snapshot or none (pitfall R27).
Result<void> save_snapshot(Disk& disk, const std::string& directory, const SnapshotId& id,
                           Bytes content);
Result<void> remove_snapshots_before(Disk& disk, const std::string& directory,
                                     const SnapshotId& id);
Result<void> save_bootstrap(Disk& disk, const std::string& directory, Bytes content);

}  // namespace barnabas::cluster
