// SPDX-License-Identifier: Apache-2.0
// Record batches, format 2 (KIP-98), the unit of producing, storing and fetching: the header as a
// value (BatchHeader), a batch inside a buffer (BatchView), its records (RecordReader). Reads and
// stamps; never decides whether a producer's batch is acceptable (batch_validator.h) nor makes one
// (record_batch_builder.h). Pure functions of bytes: no clock, no disk, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace barnabas::protocol {

// Where each field of a batch's header is. Everything from `attributes` on is under the CRC; base
// offset and leader epoch are not, so a leader stamps them without touching the CRC.
namespace batch_layout {
inline constexpr size_t base_offset = 0;
inline constexpr size_t batch_length = 8;
inline constexpr size_t partition_leader_epoch = 12;
inline constexpr size_t magic = 16;
inline constexpr size_t crc = 17;
inline constexpr size_t attributes = 21;
inline constexpr size_t last_offset_delta = 23;
inline constexpr size_t base_timestamp = 27;
inline constexpr size_t max_timestamp = 35;
inline constexpr size_t producer_id = 43;
inline constexpr size_t producer_epoch = 51;
inline constexpr size_t base_sequence = 53;
inline constexpr size_t record_count = 57;
inline constexpr size_t records = 61;
}  // namespace batch_layout

// Offset and length in front of every entry of a log, of whatever magic.
inline constexpr size_t entry_overhead = 12;
// Offset, length, leader epoch (or CRC of magic 0 and 1), magic: tells what an entry is.
inline constexpr size_t entry_prefix_size = 17;
inline constexpr size_t batch_header_size = batch_layout::records;
inline constexpr int32_t batch_length_min = batch_header_size - entry_overhead;
inline constexpr int8_t batch_magic = 2;
inline constexpr int64_t timestamp_none = -1;

enum class TimestampType : int8_t { create_time = 0, log_append_time = 1 };

// Bits of `attributes`.
inline constexpr int16_t attribute_codec_mask = 0x07;
inline constexpr int16_t attribute_log_append_time = 0x08;
inline constexpr int16_t attribute_transactional = 0x10;
inline constexpr int16_t attribute_control = 0x20;
inline constexpr int16_t attribute_delete_horizon = 0x40;

// Sequence numbers go from 0 to INT32_MAX and then start again at 0 (pitfall B17). `delta` >= 0.
inline int32_t sequence_after(int32_t sequence, int32_t delta) {
    const uint32_t sum = static_cast<uint32_t>(sequence) + static_cast<uint32_t>(delta);
    return static_cast<int32_t>(sum & 0x7fffffffu);
}

// What the first 17 bytes of a log entry say; magic 0 and 1 are message_set.h's.
struct EntryPrefix {
    Offset base_offset;
    // Bytes of the whole entry, including these.
    uint64_t size = 0;
    int8_t magic = 0;

    // Needs 17 bytes. Fails with corrupt_message if the length or magic cannot be.
    static Result<EntryPrefix> decode(Bytes first_17);
};

// A batch's header as a value, for scanning files by 61-byte reads and for writing changed headers
// in front of records that stay where they are.
struct BatchHeader {
    Offset base_offset;
    // Bytes after this field: header size + records size - entry_overhead.
    int32_t batch_length = batch_length_min;
    LeaderEpoch partition_leader_epoch = leader_epoch_none;
    int8_t magic = batch_magic;
    uint32_t crc = 0;
    int16_t attributes = 0;
    int32_t last_offset_delta = 0;
    // Milliseconds since the epoch. With the delete-horizon bit this is the horizon (KIP-534).
    int64_t base_timestamp = timestamp_none;
    int64_t max_timestamp = timestamp_none;
    ProducerId producer_id = producer_id_none;
    int16_t producer_epoch = -1;
    int32_t base_sequence = -1;
    int32_t record_count = 0;

    // Needs 61 bytes. Fails with corrupt_message: fewer bytes, magic other than 2, length below 49,
    // an offset range that is negative or overflows. The CRC is not checked.
    static Result<BatchHeader> decode(Bytes first_61);
    void encode(std::span<uint8_t, batch_header_size> to) const;
    std::array<uint8_t, batch_header_size> encode() const;

    // Bytes of the whole batch.
    uint64_t size() const { return entry_overhead + static_cast<uint64_t>(batch_length); }
    size_t records_size() const { return static_cast<size_t>(batch_length - batch_length_min); }
    Offset last_offset() const { return base_offset + last_offset_delta; }
    Offset next_offset() const { return base_offset + last_offset_delta + 1; }
    // -1 (or what the field says, if negative) without a producer id.
    int32_t last_sequence() const {
        return base_sequence < 0 ? base_sequence : sequence_after(base_sequence, last_offset_delta);
    }
    // 0 to 4 are known (compression.h: Codec), 5 to 7 are not.
    int codec_id() const { return attributes & attribute_codec_mask; }
    TimestampType timestamp_type() const {
        return attributes & attribute_log_append_time ? TimestampType::log_append_time
                                                      : TimestampType::create_time;
    }
    bool is_transactional() const { return attributes & attribute_transactional; }
    bool is_control() const { return attributes & attribute_control; }
    bool has_delete_horizon() const { return attributes & attribute_delete_horizon; }
    bool has_producer_id() const { return producer_id > producer_id_none; }
    // The time of the record with that delta: the batch's with LogAppendTime.
    int64_t record_timestamp(int64_t timestamp_delta) const;
    // Sets the log-append bit and the largest timestamp; set `crc` again afterwards (B13).
    void stamp_log_append_time(int64_t now_ms);
    // The CRC-32C (RFC 3720) of this header in front of `records` as stored.
    uint32_t compute_crc(Bytes records) const;

    friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

// One batch inside a buffer, which must outlive the view.
class BatchView {
  public:
    BatchView() = default;
    // Structure and lengths only (pitfall B01): as BatchHeader::decode, and all of the batch must
    // be there. Bytes after the batch are left alone: size() tells where it ends.
    static Result<BatchView> parse(Bytes bytes);

    const BatchHeader& header() const { return header_; }
    // The whole batch, its records as stored (possibly compressed).
    Bytes bytes() const { return bytes_; }
    Bytes records() const { return bytes_.subspan(batch_header_size); }
    size_t size() const { return bytes_.size(); }
    bool crc_valid() const;

    Offset base_offset() const { return header_.base_offset; }
    Offset last_offset() const { return header_.last_offset(); }
    Offset next_offset() const { return header_.next_offset(); }

  private:
    BatchHeader header_;
    Bytes bytes_;
};

// The batches of a buffer, one after another.
class BatchReader {
  public:
    explicit BatchReader(Bytes bytes) : bytes_(bytes) {}
    // False at the end, and at a last batch that is not whole (fetched data may end so). Fails as
    // BatchView::parse does.
    Result<bool> next(BatchView& batch);
    // Bytes of the batches given so far.
    size_t position() const { return position_; }

  private:
    Bytes bytes_;
    size_t position_ = 0;
};

// Stamps what a leader assigns, in place; neither field is under the CRC (pitfall B16). `batch`
// starts at a batch and holds at least its header.
void stamp_offset_and_epoch(MutableBytes batch, Offset base_offset, LeaderEpoch epoch);
// Makes it a LogAppendTime batch and computes its CRC again (pitfall B13). `batch` is exactly one
// batch.
void stamp_log_append_time(MutableBytes batch, int64_t now_ms);

struct RecordHeader {
    Bytes key;
    std::optional<Bytes> value;
};

// The headers of a record that RecordReader has given, and therefore checked.
class RecordHeaders {
  public:
    RecordHeaders() = default;
    RecordHeaders(Bytes bytes, int32_t count) : bytes_(bytes), left_(count) {}
    // Headers not given yet.
    int32_t left() const { return left_; }
    // False after the last one.
    bool next(RecordHeader& header);

  private:
    Bytes bytes_;
    int32_t left_ = 0;
};

// One record; key, value and headers are views into the records read.
struct RecordView {
    int8_t attributes = 0;  // none is in use
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    RecordHeaders headers;
};

// The records of a batch after decompression. Strict (pitfalls B06, B07): varints of at most 5 or
// 10 bytes without surplus bits, every length inside its record, only -1 for null, no null header
// key, each record exactly as long as it says, exactly `count` records and nothing after them.
// Offset deltas must rise but may leave gaps (compaction makes them).
class RecordReader {
  public:
    RecordReader(Bytes records, int32_t count) : records_(records), left_(count) {}
    // False after the last record. Fails with invalid_record; do not call again after that.
    Result<bool> next(RecordView& record);

  private:
    Bytes records_;
    int32_t left_;
    int32_t last_offset_delta_ = -1;
};

}  // namespace barnabas::protocol
