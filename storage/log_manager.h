// SPDX-License-Identifier: Apache-2.0
// LogManager: all log directories of this process and the logs in them. Lives on the loop; work that
// blocks runs on one lane per directory. Finds, opens (in parallel over directories), creates and deletes
// logs, writes the checkpoint files, the clean-shutdown marker, holds the directory locks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/lane.h"
#include "storage/log_handle.h"

namespace barnabas::storage {

// meta.properties (version 1), one per log directory.
struct MetaProperties {
    std::string cluster_id;
    BrokerId node_id;
    Uuid directory_id;
};

struct LogManagerOptions {
    std::vector<std::string> log_dirs;
    BrokerId node_id;
    // Written to meta.properties when a directory is empty ("formats itself"); otherwise what is there
    // must agree with it (empty: take what is there, or a random one).
    std::string cluster_id;
    int64_t producer_id_expiration_ms = 24LL * 3600 * 1000;
    int64_t flush_offset_checkpoint_interval_ms = 60'000;
    int64_t flush_start_offset_checkpoint_interval_ms = 60'000;
    int64_t flush_scheduler_interval_ms = 1'000;
    int64_t retention_check_interval_ms = 300'000;
    // A lane for the directory of that index.
    std::function<std::unique_ptr<Lane>(size_t directory)> make_lane;
    std::function<Uuid()> make_uuid;
};

class LogManager {
  public:
    // Locks, formats or checks the directories. Gives kafka_storage_error if another process holds one,
    // inconsistent_cluster_id if meta.properties disagrees.
    static Task<Result<std::unique_ptr<LogManager>>> open(Disk& disk, Clock& clock,
                                                          LogManagerOptions options);
    virtual ~LogManager() = default;

    virtual const MetaProperties& meta_properties() const = 0;
    // Opens every partition directory found, except those that `wanted` refuses (topic deleted while the
    // process was down, or another topic id: such a directory is renamed aside as stray, L24).
    // `config_of` gives each topic's settings. Logs a progress line while it takes long.
    virtual Task<Result<void>> load_all(
        std::function<bool(const TopicPartition&, const Uuid& topic_id)> wanted,
        std::function<LogConfig(const std::string& topic)> config_of) = 0;
    // The log of a partition, created (directory, partition.metadata, fsync of parents) if missing.
    virtual Task<Result<std::shared_ptr<LogHandle>>> open_or_create(TopicPartition topic_partition,
                                                                    Uuid topic_id,
                                                                    LogConfig config) = 0;
    // The metadata log `__cluster_metadata-0` in the first directory, and that directory.
    virtual Task<Result<std::shared_ptr<LogHandle>>> open_metadata_log(LogConfig config) = 0;
    virtual const std::string& metadata_directory() const = 0;
    virtual Lane& metadata_lane() = 0;
    virtual std::shared_ptr<LogHandle> find(const TopicPartition& topic_partition) const = 0;
    // Renames the directory aside at once (the name is free when the task completes), deletes it later.
    virtual Task<Result<void>> remove(TopicPartition topic_partition) = 0;
    // Checkpoints, background flushes and retention until stop() (one Task per interval, in a TaskGroup).
    virtual void start_background() = 0;
    // Flushes and closes every log, writes checkpoints and then the clean-shutdown marker.
    virtual Task<Result<void>> stop() = 0;
};

}  // namespace barnabas::storage
