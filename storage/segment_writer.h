// SPDX-License-Identifier: Apache-2.0
// SegmentWriter: the lane's side of the active segment: writes batches, grows the indexes, says
// when to roll. Also rebuilds indexes, by being told of batches that are in the file already. One
// writer per log; readers see what extent() publishes. Never syncs on its own and never decides
// about offsets.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "protocol/record_batch.h"
#include "storage/index.h"
#include "storage/log_config.h"
#include "storage/log_snapshot.h"
#include "storage/resting_file.h"
#include "storage/segment.h"

namespace barnabas::storage {

// How much of a segment's index files to believe when the segment is opened for writing. The last
// entry kept is checked against the log in any case, and if it does not fit none is kept.
enum class IndexTrust {
    none,    // begin again: every batch will be noted
    prefix,  // after a crash: the entries up to the first that makes no sense
    whole,   // after a clean shutdown
};

// Where segments are made and by which settings.
struct SegmentHome {
    std::shared_ptr<const FilePlace> place;
    const LogConfig& config;
    int64_t now_ms = 0;
    // Behind the files' names, for a segment that is not yet in its place.
    std::string_view suffix = {};
};

class SegmentWriter {
  public:
    // Makes the three files, empty. The directory needs a sync to make them durable.
    static Result<SegmentWriter> create(const SegmentHome& home, Offset base);
    // Opens the segment's files (missing indexes are made) positioned at next_position(): the
    // caller notes every batch from there on. Entries for offsets >= `end` are dropped.
    static Result<SegmentWriter> open(const SegmentHome& home, Offset base, Offset end,
                                      IndexTrust trust);

    // Writes `parts`, which together are exactly `batches`, and notes them. After an error the
    // file is as before, unless broken().
    Result<void> append(std::span<const Bytes> parts,
                        std::span<const protocol::BatchHeader> batches);
    // A failed write could not be undone: the file's end is unknown (pitfall L12).
    bool broken() const { return broken_; }
    // Tells the indexes of the batch at next_position(), which is in the file already.
    void note(const protocol::BatchHeader& batch);
    // Cuts the file at next_position(), durably.
    Result<void> cut_file();

    // True if `bytes` more, up to `last_offset`, belong into a new segment. `timestamp_ms` is the
    // largest of the batches to come.
    bool should_roll(uint64_t bytes, Offset last_offset, int64_t timestamp_ms,
                     int64_t now_ms) const;
    // Writes the indexes out and gives the extent of a segment that no longer grows, since
    // `now_ms`.
    SegmentExtent seal(int64_t now_ms);
    Result<void> sync();          // the log file
    Result<void> sync_indexes();  // after seal()
    // Whoever closed the files before had synced them.
    void mark_durable();
    // Closes the files until they are used.
    void rest() const;
    void set_config(const LogConfig& config);

    SegmentExtent extent() const;
    Offset base_offset() const { return base_; }
    uint64_t next_position() const { return size_; }
    int64_t max_timestamp_ms() const { return max_timestamp_ms_; }
    const std::shared_ptr<RestingFile>& file() const { return file_; }
    std::vector<std::shared_ptr<File>> files() const { return {file_, offset_file_, time_file_}; }
    size_t index_entries() const { return offsets_.count(); }

  private:
    SegmentWriter() = default;
    enum class Finding { must_exist, may_exist };
    Result<void> open_files(const SegmentHome& home, Offset base, Finding finding);
    Result<void> restore_indexes(Offset end, IndexTrust trust);
    Result<void> start_indexes(size_t offset_entries, size_t time_entries);
    Result<bool> indexes_fit() const;
    Result<void> restore_position();
    int64_t roll_after_ms() const;

    Offset base_;
    std::shared_ptr<RestingFile> file_;
    std::shared_ptr<RestingFile> offset_file_;
    std::shared_ptr<RestingFile> time_file_;
    OffsetIndexWriter offsets_;
    TimeIndexWriter times_;
    // The readers' side; made anew when a part of an index moves to its file.
    mutable std::shared_ptr<const ReadableSegment> readable_;
    // Of a file that was found.
    std::shared_ptr<CheckedPart> checked_;
    LogConfig config_;
    uint64_t size_ = 0;
    uint64_t bytes_since_index_ = 0;
    int64_t max_timestamp_ms_ = -1;
    Offset max_timestamp_offset_ = offset_none;
    // Of the first batch, by which time-based rolling goes (pitfall L23); none while empty.
    std::optional<int64_t> first_timestamp_ms_;
    int64_t created_ms_ = 0;
    bool broken_ = false;
};

}  // namespace barnabas::storage
