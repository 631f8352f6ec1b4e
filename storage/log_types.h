// SPDX-License-Identifier: Apache-2.0
// The values that cross between a log's lane and the loop: what to append, what became of it, what
// to read. No behaviour here.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"
#include "storage/topic_partition.h"

namespace barnabas::storage {

// Who appends: clients are validated in full; coordinators and the controller may write control and
// transactional batches; a replica's batches keep the offsets and epochs that the leader gave.
enum class AppendOrigin { client, coordinator, raft_leader, replication };

// What the transaction protocol says of an append (KIP-890).
struct TransactionTerms {
    // With 2 and later every transaction has an epoch of its own: a marker is beyond the epoch of
    // what it ends, and an unknown producer begins at sequence 0.
    int8_t version = 0;
    // Transactional batches of clients: the lowest sequence that has been asked for since the
    // producer's last transaction here. One beyond it may not come first.
    int32_t lowest_sequence = std::numeric_limits<int32_t>::max();
};

struct AppendRequest {
    // One batch (clients) or several (others); must live until the append completed. `keep_alive`
    // owns the memory.
    Bytes records;
    std::shared_ptr<const void> keep_alive;
    AppendOrigin origin = AppendOrigin::client;
    LeaderEpoch leader_epoch;
    // Produce's version, which decides whether zstd is allowed (>= 7); ignored for other origins.
    int16_t produce_version = 13;
    TransactionTerms transaction;
    // Milliseconds since the epoch, for LogAppendTime and the timestamp limits.
    int64_t now_ms = 0;
    // False: the caller does not want to wait for fsync even if the log's config asks for it.
    bool flush_allowed = true;
    // Metadata log: always fsync before the append completes.
    bool flush_required = false;
};

struct RecordError {
    int32_t batch_index = 0;
    std::string message;
};

struct LogSnapshot;

struct AppendResult {
    ErrorCode error = ErrorCode::none;
    std::string error_message;               // empty: none
    std::vector<RecordError> record_errors;  // Produce v8+
    Offset base_offset = offset_none;        // -1 with every error (pitfall X27)
    Offset last_offset = offset_none;
    int64_t log_append_time_ms = -1;
    Offset log_start_offset = offset_none;
    bool duplicate = false;  // an idempotent producer's retry: the old offsets
    // What readers may see after this append; null when nothing was written.
    std::shared_ptr<const LogSnapshot> snapshot;
};

struct ReadRequest {
    Offset from;
    // Records at and beyond this offset are not given (high watermark or last stable offset).
    Offset limit;
    uint64_t bytes_max = 0;
    // The first batch goes out whole even if it is larger than bytes_max (KIP-74).
    bool at_least_one_batch = false;
};

struct ReadPlan {
    std::vector<FileRange> ranges;  // in offset order; empty: nothing to read yet
    uint64_t bytes = 0;
    // The base offset of the first batch (at or before `from`), offset_none if empty.
    Offset first_offset = offset_none;
    // Every batch of the log below it and not before the first one is in the plan, none at or
    // beyond it.
    Offset end_offset = offset_none;
};

struct TimestampOffset {
    int64_t timestamp_ms = -1;
    Offset offset = offset_none;
    LeaderEpoch leader_epoch = leader_epoch_none;
};

struct EpochEndOffset {
    LeaderEpoch epoch = leader_epoch_none;
    Offset end_offset = offset_none;
};

struct EpochEntry {
    LeaderEpoch epoch;
    Offset start_offset;
    friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

// An aborted transaction, as Fetch's read_committed answer lists it (and .txnindex stores it).
struct AbortedTransaction {
    ProducerId producer_id;
    Offset first_offset;
    Offset last_offset;
    Offset last_stable_offset;
    friend bool operator==(const AbortedTransaction&, const AbortedTransaction&) = default;
};

}  // namespace barnabas::storage
