// SPDX-License-Identifier: Apache-2.0
// Header decoding, stamping and record iteration; every length is compared with what is there
// before it is used.
#include "protocol/record_batch.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "protocol/varint.h"

namespace barnabas::protocol {

namespace {

// The shortest entries: magic 0 has CRC, magic, attributes and two lengths, magic 1 a timestamp
// too.
constexpr std::array<int32_t, 3> entry_length_min{14, 22, batch_length_min};

template <class Int>
Int field(Bytes bytes, size_t at) {
    ASSERT(at + sizeof(Int) <= bytes.size());
    return load_be<Int>(bytes.data() + at);
}

int64_t wrapping_sum(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Takes what one record is made of from its bytes; null pointers mean malformed.
class FieldCursor {
  public:
    explicit FieldCursor(Bytes bytes) : next_(bytes.data()), end_(next_ + bytes.size()) {}

    bool ok() const { return next_ != nullptr; }
    Bytes rest() const { return {next_, static_cast<size_t>(end_ - next_)}; }
    bool at_end() const { return next_ == end_; }
    int8_t byte() {
        if (!ok() || at_end()) return static_cast<int8_t>(broken());
        return static_cast<int8_t>(*next_++);
    }
    template <class Int>
    Int varint() {
        Int value = 0;
        if (ok()) next_ = read_varint(next_, end_, value);
        return ok() ? value : 0;
    }
    std::optional<Bytes> nullable_bytes() {
        const auto size = varint<int32_t>();
        if (!ok() || size == -1) return std::nullopt;
        if (size < 0 || size > end_ - next_) {
            broken();
            return std::nullopt;
        }
        const Bytes bytes(next_, static_cast<size_t>(size));
        next_ += size;
        return bytes;
    }
    int broken() {
        next_ = nullptr;
        return 0;
    }

  private:
    const uint8_t* next_;
    const uint8_t* end_;
};

// A header's key and value; a null key is malformed.
RecordHeader take_header(FieldCursor& cursor) {
    const std::optional<Bytes> key = cursor.nullable_bytes();
    if (!key) cursor.broken();
    RecordHeader header;
    header.key = key.value_or(Bytes{});
    header.value = cursor.nullable_bytes();
    return header;
}

// Goes over the headers at the end of a record; they must fill it exactly.
Result<RecordHeaders> check_headers(FieldCursor& cursor) {
    const auto count = cursor.varint<int32_t>();
    // A header takes two bytes at least.
    if (!cursor.ok() || count < 0 || static_cast<size_t>(count) > cursor.rest().size() / 2)
        return fail(ErrorCode::invalid_record, "record header count");
    const Bytes bytes = cursor.rest();
    for (int32_t i = 0; i < count && cursor.ok(); ++i) take_header(cursor);
    if (!cursor.ok()) return fail(ErrorCode::invalid_record, "record header");
    if (!cursor.at_end()) return fail(ErrorCode::invalid_record, "bytes left in the record");
    return RecordHeaders(bytes, count);
}

}  // namespace

Result<EntryPrefix> EntryPrefix::decode(Bytes first_17) {
    if (first_17.size() < entry_prefix_size)
        return fail(ErrorCode::corrupt_message, "entry prefix is cut");
    EntryPrefix prefix;
    prefix.base_offset = Offset{field<int64_t>(first_17, batch_layout::base_offset)};
    prefix.magic = field<int8_t>(first_17, batch_layout::magic);
    const auto length = field<int32_t>(first_17, batch_layout::batch_length);
    if (prefix.magic < 0 || prefix.magic > batch_magic)
        return fail(ErrorCode::corrupt_message, "entry magic");
    if (length < entry_length_min[static_cast<size_t>(prefix.magic)])
        return fail(ErrorCode::corrupt_message, "entry length");
    prefix.size = entry_overhead + static_cast<uint64_t>(length);
    return prefix;
}

Result<BatchHeader> BatchHeader::decode(Bytes first_61) {
    if (first_61.size() < batch_header_size)
        return fail(ErrorCode::corrupt_message, "batch header is cut");
    BatchHeader header;
    header.magic = field<int8_t>(first_61, batch_layout::magic);
    if (header.magic != batch_magic) return fail(ErrorCode::corrupt_message, "batch magic");
    header.batch_length = field<int32_t>(first_61, batch_layout::batch_length);
    if (header.batch_length < batch_length_min)
        return fail(ErrorCode::corrupt_message, "batch length");
    header.base_offset = Offset{field<int64_t>(first_61, batch_layout::base_offset)};
    header.partition_leader_epoch =
        LeaderEpoch{field<int32_t>(first_61, batch_layout::partition_leader_epoch)};
    header.crc = field<uint32_t>(first_61, batch_layout::crc);
    header.attributes = field<int16_t>(first_61, batch_layout::attributes);
    header.last_offset_delta = field<int32_t>(first_61, batch_layout::last_offset_delta);
    header.base_timestamp = field<int64_t>(first_61, batch_layout::base_timestamp);
    header.max_timestamp = field<int64_t>(first_61, batch_layout::max_timestamp);
    header.producer_id = ProducerId{field<int64_t>(first_61, batch_layout::producer_id)};
    header.producer_epoch = field<int16_t>(first_61, batch_layout::producer_epoch);
    header.base_sequence = field<int32_t>(first_61, batch_layout::base_sequence);
    header.record_count = field<int32_t>(first_61, batch_layout::record_count);
    int64_t next_offset = 0;
    if (header.last_offset_delta < 0 ||
        __builtin_add_overflow(header.base_offset.value, header.last_offset_delta + int64_t{1},
                               &next_offset))
        return fail(ErrorCode::corrupt_message, "batch offset range");
    return header;
}

void BatchHeader::encode(std::span<uint8_t, batch_header_size> to) const {
    uint8_t* const at = to.data();
    store_be(at + batch_layout::base_offset, base_offset.value);
    store_be(at + batch_layout::batch_length, batch_length);
    store_be(at + batch_layout::partition_leader_epoch, partition_leader_epoch.value);
    store_be(at + batch_layout::magic, magic);
    store_be(at + batch_layout::crc, crc);
    store_be(at + batch_layout::attributes, attributes);
    store_be(at + batch_layout::last_offset_delta, last_offset_delta);
    store_be(at + batch_layout::base_timestamp, base_timestamp);
    store_be(at + batch_layout::max_timestamp, max_timestamp);
    store_be(at + batch_layout::producer_id, producer_id.value);
    store_be(at + batch_layout::producer_epoch, producer_epoch);
    store_be(at + batch_layout::base_sequence, base_sequence);
    store_be(at + batch_layout::record_count, record_count);
}

std::array<uint8_t, batch_header_size> BatchHeader::encode() const {
    std::array<uint8_t, batch_header_size> bytes;
    encode(bytes);
    return bytes;
}

int64_t BatchHeader::record_timestamp(int64_t timestamp_delta) const {
    if (timestamp_type() == TimestampType::log_append_time) return max_timestamp;
    return wrapping_sum(base_timestamp, timestamp_delta);
}

void BatchHeader::stamp_log_append_time(int64_t now_ms) {
    attributes |= attribute_log_append_time;
    max_timestamp = now_ms;
}

uint32_t BatchHeader::compute_crc(Bytes records) const {
    ASSERT(records.size() == records_size(), "the header tells how long its records are");
    const std::array<uint8_t, batch_header_size> bytes = encode();
    return crc32c_extend(crc32c(Bytes(bytes).subspan(batch_layout::attributes)), records);
}

Result<BatchView> BatchView::parse(Bytes bytes) {
    BatchView view;
    TRY_ASSIGN(view.header_, BatchHeader::decode(bytes));
    if (view.header_.size() > bytes.size()) return fail(ErrorCode::corrupt_message, "batch is cut");
    view.bytes_ = bytes.first(static_cast<size_t>(view.header_.size()));
    return view;
}

bool BatchView::crc_valid() const {
    ASSERT(bytes_.size() >= batch_header_size, "only parse() makes views that can be asked");
    return crc32c(bytes_.subspan(batch_layout::attributes)) == header_.crc;
}

Result<bool> BatchReader::next(BatchView& batch) {
    const Bytes left = bytes_.subspan(position_);
    if (left.size() < entry_prefix_size) return false;
    TRY_ASSIGN(const EntryPrefix prefix, EntryPrefix::decode(left));
    if (prefix.magic != batch_magic) return fail(ErrorCode::corrupt_message, "batch magic");
    if (prefix.size > left.size()) return false;
    TRY_ASSIGN(batch, BatchView::parse(left));
    position_ += batch.size();
    ASSERT(position_ <= bytes_.size());
    return true;
}

void stamp_offset_and_epoch(MutableBytes batch, Offset base_offset, LeaderEpoch epoch) {
    ASSERT(batch.size() >= batch_header_size, "a checked batch has a whole header");
    store_be(batch.data() + batch_layout::base_offset, base_offset.value);
    store_be(batch.data() + batch_layout::partition_leader_epoch, epoch.value);
}

void stamp_log_append_time(MutableBytes batch, int64_t now_ms) {
    ASSERT(batch.size() >= batch_header_size, "a checked batch has a whole header");
    const auto header = BatchHeader::decode(batch);
    ASSERT(header && header->size() == batch.size(), "exactly one checked batch");
    const auto attributes = static_cast<int16_t>(header->attributes | attribute_log_append_time);
    store_be(batch.data() + batch_layout::attributes, attributes);
    store_be(batch.data() + batch_layout::max_timestamp, now_ms);
    store_be(batch.data() + batch_layout::crc, crc32c(batch.subspan(batch_layout::attributes)));
}

bool RecordHeaders::next(RecordHeader& header) {
    if (left_ == 0) return false;
    FieldCursor cursor(bytes_);
    header = take_header(cursor);
    ASSERT(cursor.ok(), "RecordReader has checked the headers");
    bytes_ = cursor.rest();
    --left_;
    return true;
}

Result<bool> RecordReader::next(RecordView& record) {
    if (left_ <= 0) {
        if (left_ < 0) return fail(ErrorCode::invalid_record, "record count");
        if (!records_.empty()) return fail(ErrorCode::invalid_record, "bytes after the records");
        return false;
    }
    FieldCursor front(records_);
    const auto size = front.varint<int32_t>();
    if (!front.ok() || size < 0 || static_cast<size_t>(size) > front.rest().size())
        return fail(ErrorCode::invalid_record, "record length");
    const auto length = static_cast<size_t>(size);
    FieldCursor cursor(front.rest().first(length));
    record.attributes = cursor.byte();
    record.timestamp_delta = cursor.varint<int64_t>();
    record.offset_delta = cursor.varint<int32_t>();
    if (!cursor.ok() || record.offset_delta <= last_offset_delta_)
        return fail(ErrorCode::invalid_record, "record deltas");
    record.key = cursor.nullable_bytes();
    record.value = cursor.nullable_bytes();
    if (!cursor.ok()) return fail(ErrorCode::invalid_record, "record key or value");
    TRY_ASSIGN(record.headers, check_headers(cursor));
    records_ = front.rest().subspan(length);
    last_offset_delta_ = record.offset_delta;
    --left_;
    return true;
}

}  // namespace barnabas::protocol
