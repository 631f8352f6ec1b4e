// SPDX-License-Identifier: Apache-2.0
// LogConfig: the settings of one partition's log, after topic, broker and default values were
// merged (names and defaults are Kafka's topic configs). A plain value: whoever changes it sends a
// new one.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace barnabas::storage {

enum class TimestampType : int8_t { create_time = 0, log_append_time = 1 };

struct LogConfig {
    int32_t segment_bytes = 1 << 30;
    int64_t segment_ms = 7LL * 24 * 3600 * 1000;
    int64_t segment_jitter_ms = 0;
    // Each log's own, so that those whose segments began together do not all roll together.
    uint32_t segment_jitter_seed = 0;
    int32_t segment_index_bytes = 10 << 20;
    int32_t index_interval_bytes = 4096;
    int32_t max_message_bytes = 1048588;
    int64_t flush_messages = std::numeric_limits<int64_t>::max();
    int64_t flush_ms = std::numeric_limits<int64_t>::max();
    int64_t retention_bytes = -1;
    int64_t retention_ms = 7LL * 24 * 3600 * 1000;
    int64_t file_delete_delay_ms = 60'000;
    int64_t delete_retention_ms = 24LL * 3600 * 1000;
    int64_t min_compaction_lag_ms = 0;
    int64_t max_compaction_lag_ms = std::numeric_limits<int64_t>::max();
    double min_cleanable_dirty_ratio = 0.5;
    bool cleanup_delete = true;
    bool cleanup_compact = false;
    TimestampType timestamp_type = TimestampType::create_time;
    int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t timestamp_after_max_ms = 3600 * 1000;
    // The codec id of record batches, or nullopt for "producer": keep what the producer chose.
    std::optional<int8_t> compression_codec;
    int32_t compression_level = 0;
    bool preallocate = false;
    int32_t min_insync_replicas = 1;
    bool unclean_leader_election = false;

    bool flushes_before_answer() const { return flush_messages <= 1; }
    friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

}  // namespace barnabas::storage
