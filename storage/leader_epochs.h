// SPDX-License-Identifier: Apache-2.0
// LeaderEpochs: at which offset each leader epoch began (KIP-101), kept in the file
// leader-epoch-checkpoint. Belongs to the log's lane; readers get the immutable entries and ask
// them through the two free functions. Never looks into batches.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/log_types.h"

namespace barnabas::storage {

using EpochEntries = std::vector<EpochEntry>;  // both fields strictly ascending

// End offset of the largest epoch <= `epoch`, `log_end` for the newest epoch itself; {none, none}
// for an epoch newer than all (pitfall F10).
EpochEndOffset epoch_end_offset(const EpochEntries& entries, LeaderEpoch epoch, Offset log_end);
// The epoch under which `offset` was written, leader_epoch_none before the first entry.
LeaderEpoch epoch_of_offset(const EpochEntries& entries, Offset offset);

// The text of the checkpoint, and back. parse fails on anything that encode would not write.
std::string encode_epochs(const EpochEntries& entries);
Result<EpochEntries> parse_epochs(std::string_view text);

class LeaderEpochs {
  public:
    // Reads the checkpoint in `directory`. A missing or damaged one gives an empty cache and
    // needs_rebuild() (pitfall L15): the caller assigns again from the batches.
    static Result<LeaderEpochs> open(Disk& disk, const std::string& directory);

    bool needs_rebuild() const { return needs_rebuild_; }
    const std::shared_ptr<const EpochEntries>& entries() const { return entries_; }
    LeaderEpoch latest() const;

    // Notes that `epoch` begins at `start`, in memory only; true if that is news. Entries that
    // contradict it (same or later start) go. An epoch older than the latest changes nothing.
    bool assign(LeaderEpoch epoch, Offset start);
    // Forgets epochs that begin at or after `end` (truncation).
    void truncate_from_end(Offset end);
    // Forgets epochs that end at or before `start`; the one that holds `start` then begins there.
    void truncate_from_start(Offset start);
    void clear();
    // Writes the checkpoint durably if something changed since the last time (pitfall L16: before
    // the first batch of a new epoch is written).
    Result<void> save();

  private:
    void replace(EpochEntries entries);

    Disk* disk_ = nullptr;
    std::string path_;
    std::shared_ptr<const EpochEntries> entries_ = std::make_shared<const EpochEntries>();
    bool changed_ = false;
    bool needs_rebuild_ = false;
    bool is_missing_ = false;
};

}  // namespace barnabas::storage
