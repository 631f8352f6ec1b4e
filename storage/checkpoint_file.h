// SPDX-License-Identifier: Apache-2.0
// Checkpoint files of a log directory: one offset per partition, in Kafka's text form (a line "0"
// for the version, a line with the count, then "topic partition offset" lines). What they hold is
// derived: a damaged one reads as empty, and the logs are scanned instead (pitfall L15).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "storage/log_types.h"

namespace barnabas::storage {

using CheckpointEntries = std::map<TopicPartition, Offset>;

// What the checkpoints say of one partition; 0 where they say nothing.
struct CheckpointedOffsets {
    Offset recovery_point;
    Offset log_start_offset;
    std::optional<Offset> high_watermark;
    // What compaction has gone over.
    std::optional<Offset> cleaned_until;
};

inline constexpr const char* recovery_point_checkpoint = "recovery-point-offset-checkpoint";
inline constexpr const char* high_watermark_checkpoint = "replication-offset-checkpoint";
inline constexpr const char* cleaner_checkpoint = "cleaner-offset-checkpoint";
inline constexpr const char* log_start_checkpoint = "log-start-offset-checkpoint";

std::string format_checkpoint(const CheckpointEntries& entries);
// Fails with corrupt_message unless `text` is a whole file; an empty file holds no entries.
Result<CheckpointEntries> parse_checkpoint(std::string_view text);
// A missing file gives no entries, neither does a damaged one (which is reported in the log). Fails
// only when the disk does.
Result<CheckpointEntries> read_checkpoint(Disk& disk, const std::string& path);
// Atomic and durable when it returns. Blocks.
Result<void> write_checkpoint(Disk& disk, const std::string& path,
                              const CheckpointEntries& entries);

}  // namespace barnabas::storage
