// SPDX-License-Identifier: Apache-2.0
// Message sets, formats 0 and 1 (before Kafka 0.11): read from old segments, never written. An
// entry is one message, or a wrapper whose value is a compressed set of messages. Source: KIP-31,
// KIP-32.
#pragma once

#include "protocol/compression.h"
#include "protocol/record_batch.h"

namespace barnabas::protocol {

// One entry inside a buffer, which must outlive it.
struct LegacyMessage {
    // Of a wrapper: the last offset inside.
    Offset offset;
    int8_t magic = 0;
    uint32_t crc = 0;
    int8_t attributes = 0;
    int64_t timestamp = timestamp_none;  // always none in format 0
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    Bytes bytes;  // the whole entry

    // Structure and lengths only; bytes after the entry are left alone. Fails with corrupt_message.
    static Result<LegacyMessage> parse(Bytes bytes);

    // CRC-32 (IEEE 802.3), not the CRC-32C of format 2.
    bool crc_valid() const;
    int codec_id() const { return attributes & attribute_codec_mask; }
    // Nothing in format 0, which has no timestamps.
    std::optional<TimestampType> timestamp_type() const;
};

struct LegacyRecord {
    Offset offset;
    int64_t timestamp = timestamp_none;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
};

// The records of an entry: itself, or what it wraps, with absolute offsets.
class LegacyRecordReader {
  public:
    // Decompresses a wrapper into `decompressor`'s memory, which must not be used again before the
    // last next(). Fails as Decompressor::decompress, and with invalid_record for a wrapper around
    // nothing, around another wrapper, or around messages of another format.
    static Result<LegacyRecordReader> open(const LegacyMessage& message, Decompressor& decompressor,
                                           size_t size_max);

    // False after the last record. Fails with corrupt_message if a message inside is damaged.
    Result<bool> next(LegacyRecord& record);

  private:
    // What a wrapper says of all messages inside.
    LegacyMessage wrapper_;
    Bytes inner_;
    int64_t offset_shift_ = 0;
    bool compressed_ = false;
    bool done_ = false;
};

}  // namespace barnabas::protocol
