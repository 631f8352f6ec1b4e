// SPDX-License-Identifier: Apache-2.0
// DirectoryFiles: what a log directory holds beside its logs: lock, meta.properties, checkpoints,
// clean-shutdown marker, and the partitions' directories by name. Belongs to the directory's lane:
// every call blocks. Knows nothing of open logs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/checkpoint_file.h"
#include "storage/clean_shutdown.h"
#include "storage/directory_names.h"
#include "storage/meta_properties.h"

namespace barnabas::storage {

struct FoundDirectory {
    std::string name;
    DirectoryKind kind = DirectoryKind::other;
    TopicPartition topic_partition;  // of kind partition
    Uuid topic_id;                   // zero: no partition.metadata
    std::optional<Error> error;      // partition.metadata cannot be understood
    CheckpointedOffsets offsets;
};

// Makes `<log directory>/<topic>-<partition>/` with partition.metadata, unless it is there already;
// any lane may. Not durable before sync_partition(). True if the directory is new.
Result<bool> make_partition(Disk& disk, const std::string& log_directory,
                            const TopicPartition& topic_partition, const Uuid& topic_id);
// fsync of the partition's directory and of the log directory (L10).
Result<void> sync_partition(Disk& disk, const std::string& log_directory,
                            const TopicPartition& topic_partition);
// Renames a partition's directory aside, durably; gives its new path. Any lane may.
Result<std::string> move_partition_aside(Disk& disk, const std::string& log_directory,
                                         const TopicPartition& topic_partition, const Uuid& unique,
                                         std::string_view suffix);

class DirectoryFiles {
  public:
    DirectoryFiles(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

    // Makes the directory if it is missing, takes its lock, reads meta.properties, checkpoints and
    // the marker. Fails with os_error EWOULDBLOCK if another process holds the directory (L22).
    Result<void> open();
    const std::optional<MetaProperties>& meta_properties() const { return meta_properties_; }
    Result<void> format(const MetaProperties& properties);
    // The marker that open() found.
    const std::optional<CleanShutdown>& clean_shutdown() const { return clean_shutdown_; }
    // Comes before the first change of a log: takes the marker away, durably (L07).
    Result<void> begin_writing();
    // Comes last: all logs are closed, checkpoints written.
    Result<void> finish_cleanly(const CleanShutdown& marker);
    void unlock() { lock_.reset(); }

    // Every entry of the directory, with what there is to know without opening a log.
    Result<std::vector<FoundDirectory>> scan();
    Result<bool> has(const TopicPartition& topic_partition);
    // One entry, as scan() gives it.
    FoundDirectory describe_partition(const TopicPartition& topic_partition);
    CheckpointedOffsets checkpointed(const TopicPartition& topic_partition) const;

    // Replaces one of the checkpoint files, unless it already says so. `keep_others` leaves entries
    // of partitions that are not named (logs that were not opened).
    Result<void> write_checkpoints(const CheckpointEntries& recovery_points,
                                   const CheckpointEntries& log_starts, bool keep_others);
    Result<void> write_high_watermarks(const CheckpointEntries& high_watermarks, bool keep_others);
    // Comes before a truncation: what is appended after it is not durable, whatever was before.
    Result<void> lower_recovery_point(const TopicPartition& topic_partition, Offset offset);
    // Comes before compacted segments take the place of others: recovery takes the gaps in their
    // offsets for lost records unless it knows that what lies below `offset` was synced.
    Result<void> raise_recovery_point(const TopicPartition& topic_partition, Offset offset);
    // Comes before a log that was copied here takes its name: all that the checkpoints are to say.
    Result<void> note_arrival(const TopicPartition& topic_partition,
                              const CheckpointedOffsets& offsets);
    // How far compaction got; none: forget it.
    Result<void> write_cleaned_until(const TopicPartition& topic_partition,
                                     std::optional<Offset> offset);
    // Keeps some bytes of the disk in a file of no content, and gives them back when none are left
    // (pitfall L13): a start, commits and deletions need a few. Called now and then.
    void tend_reserve();
    // Comes before a new log takes a name: nothing that is known of an old one may apply to it.
    Result<void> forget(const TopicPartition& topic_partition);

    std::string path_of(const TopicPartition& topic_partition) const {
        return path_ + "/" + topic_partition.directory_name();
    }
    const std::string& path() const { return path_; }
    Disk& disk() { return disk_; }

  private:
    struct Checkpoint {
        const char* name;
        CheckpointEntries entries;  // as on disk
    };

    Result<void> make_directory();
    bool release_reserve_if_full();
    Result<void> replace(Checkpoint& checkpoint, CheckpointEntries entries);
    Result<void> update(Checkpoint& checkpoint, const CheckpointEntries& entries, bool keep_others);

    Disk& disk_;
    const std::string path_;
    std::unique_ptr<DirectoryLock> lock_;
    std::optional<MetaProperties> meta_properties_;
    std::optional<CleanShutdown> clean_shutdown_;
    bool marker_present_ = false;
    bool has_reserve_ = false;
    Checkpoint recovery_points_{recovery_point_checkpoint, {}};
    Checkpoint log_starts_{log_start_checkpoint, {}};
    Checkpoint high_watermarks_{high_watermark_checkpoint, {}};
    Checkpoint cleaned_{cleaner_checkpoint, {}};
};

}  // namespace barnabas::storage
