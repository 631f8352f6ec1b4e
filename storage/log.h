// SPDX-License-Identifier: Apache-2.0
// Log: one partition's records on disk, in Kafka's own layout (docs/FORMATS.md). A plain
// synchronous object that belongs to the lane of its log directory: every call may block and none
// is made from the loop. Never decides who leads, what is committed, or who may read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/log_config.h"
#include "storage/log_snapshot.h"
#include "storage/log_types.h"
#include "storage/producer_tails.h"

namespace barnabas::storage {

struct FilePlace;           // storage/resting_file.h
struct SegmentReplacement;  // storage/segment_replacement.h
class OpenFiles;            // storage/open_files.h

struct LogOpenOptions {
    std::string directory;  // "<log.dir>/<topic>-<partition>"
    LogConfig config;
    // From the checkpoints of the log directory; 0 where they are missing.
    Offset recovery_point;
    Offset log_start_offset;
    // The previous process wrote the clean-shutdown marker: segments need no walk.
    bool clean_shutdown = false;
    int64_t now_ms = 0;
    // Producer ids without a batch for this long are forgotten (producer.id.expiration.ms).
    int64_t producer_id_expiration_ms = 24LL * 3600 * 1000;
    // Metadata log: no producer state, no leader-epoch-dependent validation of clients.
    bool is_metadata_log = false;
    // Bounds the files that stay open; null: each does that was used once.
    std::shared_ptr<OpenFiles> open_files = {};
    // Made by Log::open().
    std::shared_ptr<const FilePlace> place = {};
};

// What opening had to do, for the start-up's progress lines and for tests.
struct RecoveryReport {
    uint64_t segments_scanned = 0;
    uint64_t bytes_scanned = 0;
    uint64_t bytes_truncated = 0;
    uint64_t indexes_rebuilt = 0;
};

class Log {
  public:
    // Opens or creates the log; repairs what a crash left (pitfalls L01-L09, L16-L21). Damage below
    // the recovery point is kafka_storage_error, never a silent cut (L02).
    static Result<std::unique_ptr<Log>> open(Disk& disk, LogOpenOptions options);
    virtual ~Log() = default;

    // Validates, assigns offsets, writes; all of `request.records` or nothing. Does not fsync.
    virtual AppendResult append(const AppendRequest& request) = 0;
    // fsync of everything below end_offset; then recovery_point() == end_offset. An error is final:
    // the log is offline from then on and every later call fails (L11).
    virtual Result<void> flush() = 0;
    // flush() in two steps, with appends and rolls between them but no other change: first what
    // has to be done here, then, on any thread, the sync of `file` (null: nothing is left to sync),
    // then end_flush() with its outcome, which makes recovery_point() == `end`.
    struct FlushStep {
        std::shared_ptr<File> file;
        Offset end;
    };
    virtual Result<FlushStep> begin_flush() {
        TRY(flush());
        return FlushStep{nullptr, recovery_point()};
    }
    virtual Result<void> end_flush(Offset end, Result<void> synced) { return synced; }
    // True if begin_flush() itself does not wait for the disk.
    virtual bool begins_flush_at_once() const { return false; }
    // Files of sealed segments that are not durable yet. Whoever syncs them on another thread (so
    // that appends go on meanwhile) calls flush_sealed() afterwards, which then has little to do.
    // A failed sync is as final as one of flush().
    virtual std::vector<std::shared_ptr<File>> unsynced_files() const { return {}; }
    // As flush(), but leaves the active segment alone: recovery_point() moves to its start.
    virtual Result<void> flush_sealed() { return flush(); }
    // Removes records at and beyond `offset`, with index, epoch and producer state in one step
    // (R21).
    virtual Result<void> truncate_to(Offset offset) = 0;
    // Continues at `offset`, beyond a gap that compaction left at the end of the log that this one
    // is a copy of.
    virtual Result<void> skip_to(Offset offset, int64_t now_ms);
    // Drops everything and continues at `offset`.
    virtual Result<void> truncate_fully_and_start_at(Offset offset) = 0;
    // DeleteRecords and retention; segments wholly below are removed after the delete delay.
    virtual Result<void> advance_log_start(Offset offset) = 0;
    virtual Result<void> set_config(const LogConfig& config) = 0;
    // Seals the active segment now (tests, retention).
    virtual Result<void> roll(int64_t now_ms) = 0;
    // Deletes sealed segments that retention.ms/bytes allow, below `high_watermark`; gives their
    // number.
    virtual Result<size_t> apply_retention(int64_t now_ms, Offset high_watermark) = 0;
    // Really unlinks segments whose delete delay has passed.
    virtual Result<void> purge_deleted(int64_t now_ms) = 0;
    // Puts what compaction has made in the place of the old segments, durably, in two steps of
    // renaming between which a crash leaves one or the other (pitfall L21). False, and nothing
    // done, if the log's segments have changed meanwhile (truncation, DeleteRecords, retention:
    // K16). The recovery point on disk must be beyond them before.
    virtual Result<bool> replace_segments(const SegmentReplacement& by, int64_t now_ms);
    // What each active producer has last written, for compaction.
    virtual ProducerTails producer_tails() const { return {}; }
    // In the order of their ids.
    virtual ActiveProducers active_producers() const { return {}; }
    // Flushes, writes the producer snapshot, trims indexes: after it the clean marker may be
    // written.
    virtual Result<void> close() = 0;

    virtual std::shared_ptr<const LogSnapshot> snapshot() const = 0;
    virtual Offset recovery_point() const = 0;
    virtual const std::string& directory() const = 0;
    virtual const RecoveryReport& recovery_report() const = 0;
    virtual bool offline() const = 0;
};

}  // namespace barnabas::storage
