// SPDX-License-Identifier: Apache-2.0
// ProducerHistory: ProducerState with its files: the .snapshot files from which it is restored and
// the .txnindex rows of aborted transactions. Belongs to the log's lane. For the metadata log,
// which no producer writes to, it does nothing.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/producer_state.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {

// The marker in a control batch that ends a transaction; nullopt for other control batches (those
// of the metadata quorum) and for what cannot be read.
std::optional<EndTransactionMarker> parse_marker(const protocol::BatchHeader& batch, Bytes records);

class ProducerHistory {
  public:
    struct Options {
        std::string directory;
        int64_t expiration_ms = 0;
        bool disabled = false;  // the metadata log
    };
    ProducerHistory(Disk& disk, Options options, const std::vector<Offset>& snapshots);

    // Restores the newest readable snapshot at or below `at_most` (pitfall L17) and gives the
    // offset from which the log has to be replayed: the snapshot's, or `first_offset`, that of the
    // first segment.
    Result<Offset> restore(Offset at_most, Offset first_offset, int64_t now_ms);
    // Reads the .txnindex files of segments that begin at `bases`; rows at or beyond `below` are
    // left out: replay finds them again.
    Result<void> load_aborted(const std::vector<Offset>& bases, Offset below);

    Result<void> check(const protocol::BatchHeader& batch, Bytes records, AppendOrigin origin,
                       const TransactionTerms& terms) const;
    std::optional<ProducerBatch> find_duplicate(const protocol::BatchHeader& batch) const;

    // Notes a batch that replay found. Aborted transactions are kept in memory until
    // rewrite_aborted().
    void replay(const protocol::BatchHeader& batch, Bytes records, int64_t now_ms);
    // Makes the .txnindex of the segment [base, end) hold what is in memory.
    Result<void> rewrite_aborted(Offset base, Offset end);
    // Notes a batch that was just written to the segment at `segment_base`. An error means that an
    // aborted transaction could not be recorded: the log must not go on.
    Result<void> note(const protocol::BatchHeader& batch, Bytes records, Offset segment_base,
                      int64_t now_ms);

    // Writes a snapshot of the state, which is that at offset `at`, unless there is one. Without
    // fsync: a torn one is recognised and passed over. A full disk is no error (pitfall L13).
    Result<void> write_snapshot(Offset at);
    // fsyncs what was written here since the last call.
    Result<void> sync();
    bool has_unsynced() const { return !unsynced_.empty(); }
    // Removes snapshots beyond `end` and forgets aborted transactions with markers at or beyond it.
    Result<void> truncate_files(Offset end);
    // Removes snapshots below `start` and forgets aborted transactions that ended there.
    Result<void> advance_start(Offset start);
    // What compaction left of the aborted transactions with markers in [base, end); the files say
    // so already.
    void replace_aborted(Offset base, Offset end, const AbortedTransactions& rows);
    // Removes the snapshot at `at` if there is one.
    Result<void> remove_snapshot(Offset at);

    const ProducerState& state() const { return state_; }
    size_t expire(int64_t now_ms) { return state_.expire(now_ms); }
    const AbortedList& aborted() const { return aborted_; }
    const std::set<Offset>& snapshots() const { return snapshots_; }

  private:
    std::optional<AbortedTransaction> apply(const protocol::BatchHeader& batch, Bytes records,
                                            int64_t seen_ms);
    std::string snapshot_path(Offset at) const;

    Disk* disk_;
    Options options_;
    ProducerState state_;
    std::set<Offset> snapshots_;
    AbortedList aborted_;
    std::set<std::string> unsynced_;
};

}  // namespace barnabas::storage
