// SPDX-License-Identifier: Apache-2.0
// LogManager: all log directories of this process and the logs in them. Lives on the loop; work
// that blocks runs on one lane per directory. Finds, opens (in parallel over directories), creates
// and deletes logs, writes the checkpoint files, the clean-shutdown marker, holds the directory
// locks.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/lane.h"
#include "storage/log_cleaner_options.h"
#include "storage/log_handle.h"
#include "storage/meta_properties.h"

namespace barnabas::storage {

// For metrics: since the start of the process.
struct LogCleanerStatus {
    uint64_t rounds = 0;
    uint64_t failures = 0;
    uint64_t bytes_read = 0;
    uint64_t bytes_kept = 0;
    // Of the last round.
    double map_utilization = 0;
    double last_round_seconds = 0;
    // The largest among all logs, when one was last looked for.
    double dirty_ratio_max = 0;
    size_t uncleanable_partitions = 0;
};

struct LogManagerOptions {
    std::vector<std::string> log_dirs;
    BrokerId node_id;
    // Written to meta.properties when a directory is empty ("formats itself"); otherwise what is
    // there must agree with it (empty: take what is there, or a random one).
    std::string cluster_id;
    int64_t producer_id_expiration_ms = 24LL * 3600 * 1000;
    int64_t flush_offset_checkpoint_interval_ms = 60'000;
    int64_t flush_start_offset_checkpoint_interval_ms = 60'000;
    int64_t flush_scheduler_interval_ms = 1'000;
    int64_t retention_check_interval_ms = 300'000;
    int64_t high_watermark_checkpoint_interval_ms = 5'000;
    // Where the metadata log lives; empty: in the first of log_dirs.
    std::string metadata_log_dir;
    // How long callers wait for the disk before they get request_timed_out.
    int64_t operation_timeout_ms = 30'000;
    // How long stop() waits for logs to be flushed and closed.
    int64_t stop_timeout_ms = 300'000;
    // Bytes of record batches queued for one directory: on its lane, and before it on the loop.
    uint64_t lane_bytes_max = 64 << 20;
    uint64_t waiting_bytes_max = 256 << 20;
    // Logs of one directory that are opened at the same time (num.recovery.threads.per.data.dir).
    size_t recovery_lanes_per_directory = 2;
    // Partitions of one directory that are made, renamed or closed at the same time.
    size_t work_lanes_per_directory = 4;
    // Files of segments that stay open while nobody uses them, over all directories.
    size_t open_files_max = 4096;
    LogCleanerOptions cleaner;
    // Cold reads get a lane of their own, so that they do not wait behind fsyncs.
    bool separate_read_lane = true;
    // So do syncs of sealed segments and deletions, which may take seconds.
    bool separate_background_lane = true;
    // A lane for the directory of that index; called several times for each directory (changes
    // first, then reads, background, others as needed). metadata_log_dir has index log_dirs.size()
    // if it is not in log_dirs.
    std::function<std::unique_ptr<Lane>(size_t directory)> make_lane;
    std::function<Uuid()> make_uuid;
};

// One entry of log.dirs, for metrics and DescribeLogDirs.
struct LogDirectoryStatus {
    std::string path;
    Uuid directory_id;
    bool offline = false;
    bool cordoned = false;
    size_t partitions = 0;
    // Changes queued or running, their bytes, and for how long none of them has ended.
    size_t queued_operations = 0;
    uint64_t queued_bytes = 0;
    Nanos stalled_for{};
    uint64_t flushes = 0;
};

struct LogSize {
    TopicPartition topic_partition;
    uint64_t bytes = 0;
    // A copy on its way to this directory, and how many offsets it is behind.
    bool is_future = false;
    int64_t offset_lag = 0;
};

// Of the disk that holds a log directory.
struct DiskSpace {
    uint64_t total_bytes = 0;
    uint64_t free_bytes = 0;
};

class LogManager {
  public:
    // Locks, formats or checks the directories. Gives kafka_storage_error if another process holds
    // one, inconsistent_cluster_id if meta.properties disagrees.
    static Task<Result<std::unique_ptr<LogManager>>> open(Disk& disk, Clock& clock,
                                                          LogManagerOptions options);
    virtual ~LogManager() = default;

    virtual const MetaProperties& meta_properties() const = 0;
    // Opens every partition directory found, except those that `wanted` refuses (topic deleted
    // while the process was down, or another topic id: such a directory is renamed aside as stray,
    // L24). `config_of` gives each topic's settings. Logs a progress line while it takes long.
    virtual Task<Result<void>> load_all(
        std::function<bool(const TopicPartition&, const Uuid& topic_id)> wanted,
        std::function<LogConfig(const std::string& topic)> config_of) = 0;
    // The log of a partition, created (directory, partition.metadata, fsync of parents) if missing.
    virtual Task<Result<std::shared_ptr<LogHandle>>> open_or_create(TopicPartition topic_partition,
                                                                    Uuid topic_id,
                                                                    LogConfig config) = 0;
    // The same for a partition that was created just now: with several directories of which one is
    // offline, open_or_create() refuses a log that it does not find, since it may be there.
    virtual Task<Result<std::shared_ptr<LogHandle>>> create(TopicPartition topic_partition,
                                                            Uuid topic_id, LogConfig config) {
        return open_or_create(std::move(topic_partition), topic_id, config);
    }
    // The metadata log, in metadata_directory(): "<log dir>/__cluster_metadata-0", which exists
    // from open() on and also holds quorum-state and snapshots (cluster/'s; their blocking work
    // belongs on metadata_lane(), which lives until stop()).
    virtual Task<Result<std::shared_ptr<LogHandle>>> open_metadata_log(LogConfig config) = 0;
    virtual const std::string& metadata_directory() const = 0;
    virtual Lane& metadata_lane() = 0;
    virtual std::shared_ptr<LogHandle> find(const TopicPartition& topic_partition) const = 0;
    // Renames the directory aside at once (the name is free when the task completes), deletes it
    // later.
    virtual Task<Result<void>> remove(TopicPartition topic_partition) = 0;
    // Checkpoints, background flushes, retention and deletion of files until stop(): one task for
    // each directory, in a TaskGroup.
    virtual void start_background() = 0;
    // Flushes and closes every log, writes checkpoints and then the clean-shutdown marker. Comes
    // before the destructor; fails with request_timed_out if a disk does not answer.
    virtual Task<Result<void>> stop() = 0;

    // For the clean-shutdown marker: the epoch of this process's registration, and that of the
    // process before if it ended cleanly (-1: it did not, or does not tell).
    virtual void set_broker_epoch(int64_t) {}
    virtual int64_t previous_broker_epoch() const { return -1; }
    virtual std::vector<LogDirectoryStatus> directories() const { return {}; }
    // The logs of partitions in the directory with that path, and the bytes of their segments.
    virtual std::vector<LogSize> sizes_in(const std::string&) const { return {}; }
    // Begins to move a log to the directory with that path (KIP-113), while it is in use; done when
    // the copy is begun. The directory where it is already ends a move that is under way. Errors:
    // log_dir_not_found, invalid_topic_exception (no room in a name for a copy's),
    // invalid_replica_assignment (cordoned) and kafka_storage_error; unknown_topic_or_partition,
    // where the directory is remembered for the day on which the partition is created.
    virtual Task<Result<void>> move(TopicPartition topic_partition, std::string directory) = 0;
    // For all moves together.
    virtual void set_move_rate(int64_t) {}
    // Directories that get no new partitions, neither made nor moved there (KIP-1066).
    virtual void set_cordoned(const std::set<std::string>&) {}
    // Asks the disk of the directory with that path; fails with request_timed_out if it does not
    // answer within a second, with log_dir_not_found where there is no such directory.
    virtual Task<Result<DiskSpace>> space_in(std::string path) = 0;
    virtual LogCleanerStatus cleaner() const { return {}; }
    // log.cleaner.* while it runs; whether there is compaction at all does not change.
    virtual void set_cleaner_options(const LogCleanerOptions&) {}
    // `callback` is called on the loop when a directory goes offline.
    virtual void on_directory_offline(std::function<void(const std::string& path)>) {}
};

}  // namespace barnabas::storage
