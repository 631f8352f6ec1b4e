// SPDX-License-Identifier: Apache-2.0
// Reads message sets of formats 0 and 1, as old segments hold them. Never writes one.
#include "protocol/message_set.h"

#include <zlib.h>

#include "base/assert.h"

namespace barnabas::protocol {

namespace {

constexpr size_t crc_at = 12;
constexpr size_t magic_at = 16;
constexpr size_t attributes_at = 17;
constexpr size_t content_at = 18;

// int32 length and bytes; -1 is null. Moves `left` on.
Result<std::optional<Bytes>> take_bytes(Bytes& left) {
    if (left.size() < sizeof(int32_t)) return fail(ErrorCode::corrupt_message, "message is cut");
    const auto size = load_be<int32_t>(left.data());
    left = left.subspan(sizeof(int32_t));
    if (size == -1) return std::optional<Bytes>{};
    if (size < 0 || static_cast<size_t>(size) > left.size())
        return fail(ErrorCode::corrupt_message, "message key or value length");
    const Bytes bytes = left.first(static_cast<size_t>(size));
    left = left.subspan(bytes.size());
    return std::optional<Bytes>{bytes};
}

// The offset of the last message of a set. Every message must be whole, plain, and of that magic.
Result<Offset> last_offset_of(Bytes set, int8_t magic) {
    if (set.empty()) return fail(ErrorCode::invalid_record, "wrapper without messages");
    Offset last;
    while (!set.empty()) {
        TRY_ASSIGN(const LegacyMessage message, LegacyMessage::parse(set));
        if (message.magic != magic || message.codec_id() != 0)
            return fail(ErrorCode::invalid_record, "wrapper around other than plain messages");
        ASSERT(message.bytes.size() <= set.size());
        set = set.subspan(message.bytes.size());
        last = message.offset;
    }
    return last;
}

}  // namespace

Result<LegacyMessage> LegacyMessage::parse(Bytes bytes) {
    TRY_ASSIGN(const EntryPrefix prefix, EntryPrefix::decode(bytes));
    if (prefix.magic >= batch_magic) return fail(ErrorCode::corrupt_message, "message magic");
    if (prefix.size > bytes.size()) return fail(ErrorCode::corrupt_message, "message is cut");
    LegacyMessage message;
    message.bytes = bytes.first(static_cast<size_t>(prefix.size));
    message.offset = prefix.base_offset;
    message.magic = prefix.magic;
    message.crc = load_be<uint32_t>(message.bytes.data() + crc_at);
    message.attributes = static_cast<int8_t>(message.bytes[attributes_at]);
    Bytes left = message.bytes.subspan(content_at);
    if (message.magic > 0) {
        ASSERT(left.size() >= sizeof(int64_t), "EntryPrefix knows the least length of each magic");
        message.timestamp = load_be<int64_t>(left.data());
        left = left.subspan(sizeof(int64_t));
    }
    TRY_ASSIGN(message.key, take_bytes(left));
    TRY_ASSIGN(message.value, take_bytes(left));
    if (!left.empty()) return fail(ErrorCode::corrupt_message, "bytes left in the message");
    return message;
}

bool LegacyMessage::crc_valid() const {
    ASSERT(bytes.size() > magic_at, "only parse() makes messages that can be asked");
    const Bytes covered = bytes.subspan(magic_at);
    return crc32_z(0, covered.data(), covered.size()) == crc;
}

std::optional<TimestampType> LegacyMessage::timestamp_type() const {
    if (magic == 0) return std::nullopt;
    return attributes & attribute_log_append_time ? TimestampType::log_append_time
                                                  : TimestampType::create_time;
}

Result<LegacyRecordReader> LegacyRecordReader::open(const LegacyMessage& message,
                                                    Decompressor& decompressor, size_t size_max) {
    LegacyRecordReader reader;
    reader.wrapper_ = message;
    if (message.codec_id() == 0) return reader;
    reader.compressed_ = true;
    const auto codec = codec_of(message.codec_id());
    // zstd came after these formats.
    if (!codec || *codec == Codec::zstd) return fail(ErrorCode::invalid_record, "message codec");
    if (!message.value) return fail(ErrorCode::invalid_record, "wrapper without a value");
    const Framing framing = message.magic == 0 ? Framing::kafka_v0 : Framing::standard;
    TRY_ASSIGN(reader.inner_, decompressor.decompress(*codec, *message.value, size_max, framing));
    TRY_ASSIGN(const Offset last, last_offset_of(reader.inner_, message.magic));
    // Format 1 counts from the first message of the wrapper, which has the last one's offset
    // (KIP-31).
    if (message.magic > 0 &&
        __builtin_sub_overflow(message.offset.value, last.value, &reader.offset_shift_))
        return fail(ErrorCode::invalid_record, "offsets inside a wrapper");
    return reader;
}

Result<bool> LegacyRecordReader::next(LegacyRecord& record) {
    if (done_) return false;
    if (!compressed_) {
        done_ = true;
        record = {wrapper_.offset, wrapper_.timestamp, wrapper_.key, wrapper_.value};
        return true;
    }
    if (inner_.empty()) {
        done_ = true;
        return false;
    }
    TRY_ASSIGN(const LegacyMessage message, LegacyMessage::parse(inner_));
    if (!message.crc_valid()) return fail(ErrorCode::corrupt_message, "CRC of an inner message");
    inner_ = inner_.subspan(message.bytes.size());
    if (__builtin_add_overflow(message.offset.value, offset_shift_, &record.offset.value))
        return fail(ErrorCode::corrupt_message, "offsets inside a wrapper");
    const bool by_log = wrapper_.timestamp_type() == TimestampType::log_append_time;
    record.timestamp = by_log ? wrapper_.timestamp : message.timestamp;
    record.key = message.key;
    record.value = message.value;
    return true;
}

}  // namespace barnabas::protocol
