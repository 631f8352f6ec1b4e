// SPDX-License-Identifier: Apache-2.0
// LogCleaning: one round of compaction of one log, in small steps: first it goes over what was
// appended since the last round and notes the newest offset of each key, then it writes new
// segments with what is left. Reads a snapshot's segments, which stay as they are, and writes files
// called `.cleaned`; putting those in place of the old ones is the log's own work
// (Log::replace_segments). Runs in jobs of a work lane, one at a time; blocks; never on the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/batch_filter.h"
#include "storage/log_snapshot.h"
#include "storage/segment_replacement.h"
#include "storage/segment_writer.h"

namespace barnabas::storage {

struct CleaningInput {
    std::string directory;
    std::shared_ptr<OpenFiles> open_files = {};
    LogConfig config;
    std::shared_ptr<const LogSnapshot> log;
    // What lies before was compacted by earlier rounds.
    Offset dirty_from;
    // Base of the first segment that this round leaves alone (pitfall K05).
    Offset clean_until;
    ProducerTails producers;
    uint64_t map_bytes = 128 << 20;
    double map_load_factor = 0.9;
    size_t write_bytes = 512 << 10;  // how much is gathered before it is written
    HashSecret secret;
    int64_t now_ms = 0;
};

class LogCleaning {
  public:
    LogCleaning(Disk& disk, CleaningInput input);

    struct Progress {
        uint64_t bytes = 0;  // read and written
        // take_replacement() before the next step.
        bool has_replacement = false;
        bool done = false;
    };
    // Works until about `bytes_max` bytes were moved. corrupt_message, invalid_record and
    // unsupported_compression_type: this log cannot be compacted as it is (pitfall K15); other
    // errors are the disk's.
    Result<Progress> step(uint64_t bytes_max);
    SegmentReplacement take_replacement();
    // The replacement is in place; its files are no longer this object's.
    void replaced() { outputs_.clear(); }
    // Removes the files that were written and not put in place.
    Result<void> discard();

    // Up to here everything is compacted, once step() says done.
    Offset cleaned_until() const { return map_end_; }
    const FilterStats& stats() const { return filter_ ? filter_->stats() : no_stats_; }
    size_t keys() const { return keys_; }
    double map_utilization() const { return map_utilization_; }

  private:
    enum class Phase { mapping, writing, done };

    Offset end_of(size_t segment) const;
    Result<std::optional<WalkedBatch>> next_batch(size_t segments_end);
    Result<bool> map_next();
    Result<bool> map_batch(const WalkedBatch& batch);
    void begin_writing();
    Result<bool> write_next();
    size_t group_end(size_t first) const;
    Result<void> put(const BatchFilter::Outcome& outcome);
    Result<void> open_output(Offset base);
    Result<void> write_buffer();
    Result<void> close_output(Offset end);
    Result<void> finish_group();

    Disk& disk_;
    const CleaningInput in_;
    std::vector<SegmentExtent> segments_;  // those below clean_until
    Phase phase_ = Phase::mapping;
    std::optional<OffsetMap> map_;
    size_t keys_ = 0;
    double map_utilization_ = 0;
    Offset map_end_;
    std::optional<CleanedTransactions> transactions_;
    protocol::Decompressor decompressor_;
    std::optional<BatchFilter> filter_;
    FilterStats no_stats_;

    // Where it reads.
    size_t at_ = 0;
    std::unique_ptr<BatchWalker> walker_;
    uint64_t bytes_ = 0;  // moved in this step

    // The group of segments that becomes one (or more, if need be), and what of it is written.
    size_t write_end_ = 0;
    size_t group_first_ = 0;
    size_t group_last_ = 0;  // one beyond the last
    bool group_changed_ = false;
    LogConfig output_config_;
    std::optional<SegmentWriter> writer_;
    std::vector<uint8_t> buffer_;
    std::vector<protocol::BatchHeader> buffered_;
    uint64_t unsynced_bytes_ = 0;
    std::vector<SegmentExtent> made_;
    AbortedTransactions rows_;
    // Bases of the files that are still this object's.
    std::vector<Offset> outputs_;
    std::optional<SegmentReplacement> replacement_;
};

}  // namespace barnabas::storage
