// SPDX-License-Identifier: Apache-2.0
// The primitive types of Kafka's wire, read from untrusted bytes. Never allocates for a length that
// the frame cannot hold.
#include "protocol/reader.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace barnabas::protocol {

namespace {

// What the structs decoded from one frame may cost beyond the frame itself. Messages of real
// clients need 1 to 8 times their size; the constant part lets small frames have large defaults.
constexpr size_t memory_per_byte = 8;
constexpr size_t memory_base = 16 << 20;

}  // namespace

Reader::Reader(Bytes bytes)
    : begin_(bytes.data()),
      next_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      memory_left_(memory_base + memory_per_byte * bytes.size()) {}

void Reader::fail(const char* where) {
    if (failed_) return;
    failed_ = true;
    error_ = Error{ErrorCode::invalid_request, 0, where};
    next_ = end_;
}

template <class Int>
Int Reader::take() {
    if (left() < sizeof(Int)) {
        fail("message ends too early");
        return 0;
    }
    const Int value = load_be<Int>(next_);
    next_ += sizeof(Int);
    return value;
}

void Reader::read(bool& value) {
    value = take<uint8_t>() != 0;
}
void Reader::read(int8_t& value) {
    value = take<int8_t>();
}
void Reader::read(int16_t& value) {
    value = take<int16_t>();
}
void Reader::read(uint16_t& value) {
    value = take<uint16_t>();
}
void Reader::read(int32_t& value) {
    value = take<int32_t>();
}
void Reader::read(uint32_t& value) {
    value = take<uint32_t>();
}
void Reader::read(int64_t& value) {
    value = take<int64_t>();
}
void Reader::read(double& value) {
    value = std::bit_cast<double>(take<uint64_t>());
}
void Reader::read(ErrorCode& value) {
    value = static_cast<ErrorCode>(take<int16_t>());
}

void Reader::read(Uuid& value) {
    const Bytes bytes = take_bytes(static_cast<int64_t>(value.bytes.size()));
    value = Uuid{};
    std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
}

uint32_t Reader::read_uvarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        const uint64_t byte = take<uint8_t>();
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (value <= UINT32_MAX) return static_cast<uint32_t>(value);
            break;
        }
    }
    fail("varint is too long");
    return 0;
}

int64_t Reader::read_length(bool is_text, bool nullable) {
    int64_t length;
    if (flexible_)
        length = static_cast<int64_t>(read_uvarint()) - 1;
    else
        length = is_text ? take<int16_t>() : take<int32_t>();
    if (failed_) return nullable ? -1 : 0;
    if (length < -1 || (length == -1 && !nullable)) {
        fail(length == -1 ? "null where a value must be" : "negative length");
        return nullable ? -1 : 0;
    }
    return length;
}

Bytes Reader::take_bytes(int64_t size) {
    if (size <= 0) return {};
    if (static_cast<uint64_t>(size) > left()) {
        fail("length exceeds what is left");
        return {};
    }
    const Bytes bytes{next_, static_cast<size_t>(size)};
    next_ += size;
    return bytes;
}

void Reader::read(Text& value) {
    value = Text::borrow(as_text(take_bytes(read_length(true, false))));
}
void Reader::read(Blob& value) {
    value = Blob::borrow(take_bytes(read_length(false, false)));
}
void Reader::read(Records& value) {
    value = Records::borrow(take_bytes(read_length(false, false)));
}

void Reader::read(std::optional<Text>& value, bool nullable) {
    const int64_t length = read_length(true, nullable);
    value.reset();
    if (length >= 0) value = Text::borrow(as_text(take_bytes(length)));
}
void Reader::read(std::optional<Blob>& value, bool nullable) {
    const int64_t length = read_length(false, nullable);
    value.reset();
    if (length >= 0) value = Blob::borrow(take_bytes(length));
}
void Reader::read(std::optional<Records>& value, bool nullable) {
    const int64_t length = read_length(false, nullable);
    value.reset();
    if (length >= 0) value = Records::borrow(take_bytes(length));
}

bool Reader::charge(size_t count, size_t memory_each) {
    if (count > memory_left_ / memory_each) {
        fail("message would cost too much memory");
        return false;
    }
    memory_left_ -= count * memory_each;
    return true;
}

int64_t Reader::read_count(size_t size_min, size_t memory_each, bool nullable) {
    ASSERT(size_min > 0 && memory_each > 0, "elements take space");
    const int64_t count = read_length(false, nullable);
    if (count <= 0) return count;
    if (static_cast<uint64_t>(count) > left() / size_min) {
        fail("array count exceeds what is left");
        return 0;
    }
    return charge(static_cast<size_t>(count), memory_each) ? count : 0;
}

bool Reader::read_present() {
    return take<int8_t>() >= 0 && !failed_;
}

void Reader::read_tags(std::vector<UnknownTag>& unknown) {
    for (TagReader tags(*this); tags.next();) tags.keep(unknown);
}

TagReader::TagReader(Reader& reader)
    : reader_(reader), outer_end_(reader.end_), left_(reader.read_uvarint()) {}

void TagReader::close_field() {
    if (!open_) return;
    open_ = false;
    if (reader_.left() != 0) reader_.fail("tagged field is longer than its content");
    reader_.end_ = outer_end_;
    if (!reader_.ok()) reader_.next_ = reader_.end_;
}

bool TagReader::next() {
    close_field();
    if (left_ == 0 || !reader_.ok()) {
        const auto by_tag = [](const UnknownTag& a, const UnknownTag& b) { return a.tag < b.tag; };
        if (unsorted_) std::sort(unsorted_->begin(), unsorted_->end(), by_tag);
        unsorted_ = nullptr;
        return false;
    }
    --left_;
    tag_ = reader_.read_uvarint();
    const uint32_t size = reader_.read_uvarint();
    if (size > reader_.left()) reader_.fail("tagged field exceeds what is left");
    if (!reader_.ok()) return next();
    reader_.end_ = reader_.next_ + size;
    open_ = true;
    return true;
}

void TagReader::keep(std::vector<UnknownTag>& unknown) {
    if (!reader_.charge(1, sizeof(UnknownTag))) return;
    if (!unknown.empty() && tag_ < unknown.back().tag) unsorted_ = &unknown;
    const Bytes data = reader_.take_bytes(static_cast<int64_t>(reader_.left()));
    unknown.push_back(UnknownTag{tag_, Blob::borrow(data)});
}

}  // namespace barnabas::protocol
