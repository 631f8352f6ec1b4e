// SPDX-License-Identifier: Apache-2.0
// What a leader demands of a batch that a producer sent, in Kafka's order and with Kafka's error
// codes (pitfalls B01-B16). Runs on a log's lane, before offsets are assigned. Never looks at
// producer state (sequence numbers in order, fencing) nor at whether the producer may write
// transactionally.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/compression.h"
#include "protocol/record_batch.h"

namespace barnabas::protocol {

struct ValidationRules {
    // "topic-0", for the messages to people.
    std::string_view topic_partition;
    // max.message.bytes: of the batch as it will be stored (pitfalls B10, B11).
    int32_t message_bytes_max = 1048588;
    // Of the Produce request: zstd is allowed from 7 on.
    int16_t produce_version = 13;
    TimestampType timestamp_type = TimestampType::create_time;
    // message.timestamp.before.max.ms and .after.max.ms; only for CreateTime.
    int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t timestamp_after_max_ms = 3600 * 1000;
    int64_t now_ms = 0;
    // cleanup.policy contains compact: every record needs a key.
    bool compacted = false;
    // compression.type; nothing for "producer": stored as it came.
    std::optional<Compression> stored_compression;
    // What the records may expand to. Only time depends on it, memory does not (pitfall B08),
    // unless the batch is to be compressed anew.
    size_t decompressed_bytes_max = size_t{128} << 20;
};

// A record that was refused; `batch_index` counts from 0 inside the batch (KIP-467).
struct RecordError {
    int32_t batch_index = 0;
    std::string message;
};
// At most this many are told: a batch may hold far more records than an answer should have lines.
inline constexpr size_t record_errors_max = 4096;

struct BatchRejection {
    ErrorCode code = ErrorCode::unknown_server_error;
    std::string message;
    std::vector<RecordError> record_errors;
};

// A batch as it must be stored, but for base_offset and partition_leader_epoch (still the
// producer's: set both, they are not under the CRC). Timestamps, attributes and CRC are final:
// LogAppendTime is stamped, a largest timestamp that lied is set right (pitfalls B13, B14).
struct ValidatedBatch {
    BatchHeader header;
    // Borrowed from the input unless compressed anew.
    Blob records;
    // Bytes of the input that belong to the batch; a cut second batch may follow (Kafka ignores it
    // too).
    size_t input_size = 0;
    // Offset delta of the first record with the largest timestamp (with LogAppendTime: the last
    // record).
    int32_t max_timestamp_offset_delta = 0;
};

// Validates what one partition of a Produce request carries. Allocates nothing per record. Errors:
// invalid_record, corrupt_message, message_too_large, unsupported_compression_type,
// invalid_timestamp, and unknown_server_error for a codec that does not exist.
std::expected<ValidatedBatch, BatchRejection> validate_produced(Bytes records,
                                                                const ValidationRules& rules,
                                                                Decompressor& decompressor);

}  // namespace barnabas::protocol
