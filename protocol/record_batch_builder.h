// SPDX-License-Identifier: Apache-2.0
// Makes record batches (format 2): for the controller, the coordinators, control records and tests.
// The bytes are those of Kafka's own writer for the same records, as far as no codec is involved.
// Never assigns offsets of its own: the log stamps them.
#pragma once

#include <span>
#include <string_view>

#include "protocol/compression.h"
#include "protocol/record_batch.h"

namespace barnabas::protocol {

struct BatchOptions {
    Offset base_offset;
    LeaderEpoch partition_leader_epoch = leader_epoch_none;
    Compression compression;
    TimestampType timestamp_type = TimestampType::create_time;
    // Instead of the largest timestamp of the records: the time of appending with log_append_time,
    // or what was there before compaction.
    std::optional<int64_t> max_timestamp_ms;
    ProducerId producer_id = producer_id_none;
    int16_t producer_epoch = -1;
    int32_t base_sequence = -1;
    bool transactional = false;
    bool control = false;
    // Instead of the first record's timestamp. With `delete_horizon` it is the time from which
    // tombstones and markers may go (KIP-534).
    std::optional<int64_t> base_timestamp_ms;
    bool delete_horizon = false;
};

class RecordBatchBuilder {
  public:
    explicit RecordBatchBuilder(BatchOptions options);

    // Appends a record with the next offset. The first one's timestamp becomes the batch's base.
    void add(int64_t timestamp_ms, std::optional<Bytes> key, std::optional<Bytes> value,
             std::span<const RecordHeader> headers = {});
    // The same with a given distance to the base offset, larger than the last one's (compaction).
    void add_at(int32_t offset_delta, int64_t timestamp_ms, std::optional<Bytes> key,
                std::optional<Bytes> value, std::span<const RecordHeader> headers = {});

    int32_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    // Bytes of the batch before compression, so far.
    size_t size() const { return bytes_.size(); }
    // What one more record would add, at most.
    static size_t size_bound(std::optional<Bytes> key, std::optional<Bytes> value,
                             std::span<const RecordHeader> headers = {});

    // The batch; the builder is empty afterwards and starts a new batch that continues at the next
    // offset and sequence. At least one record must have been added.
    std::vector<uint8_t> build();
    // The same for a batch that keeps its old end though records in front of it are gone, perhaps
    // all of them (compaction).
    std::vector<uint8_t> build_until(int32_t last_offset_delta);

  private:
    BatchOptions options_;
    std::vector<uint8_t> bytes_;
    int32_t count_ = 0;
    int32_t last_offset_delta_ = -1;
    int64_t base_timestamp_ = timestamp_none;
    int64_t max_timestamp_ = timestamp_none;
};

}  // namespace barnabas::protocol
