// SPDX-License-Identifier: Apache-2.0
// The primitive types of Kafka's wire, counted or written.
#include "protocol/writer.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace barnabas::protocol {

size_t EncodedFrame::size() const {
    size_t total = bytes.size();
    for (const Splice& splice : splices) total += static_cast<size_t>(splice.range.size);
    return total;
}

Writer::Writer(const Writer& counted, EncodedFrame& into) : frame_(&into) {
    ASSERT(counted.frame_ == nullptr, "sizes come from a counting writer");
    into.bytes.assign(counted.size_, 0);
    into.splices.clear();
}

uint8_t* Writer::advance(size_t size) {
    const size_t at = size_;
    size_ += size;
    if (!frame_) return nullptr;
    ASSERT(size_ <= frame_->bytes.size(), "the message changed between counting and writing");
    return frame_->bytes.data() + at;
}

template <class Int>
void Writer::put(Int value) {
    if (uint8_t* to = advance(sizeof value)) store_be(to, value);
}

void Writer::write(bool value) {
    put(static_cast<uint8_t>(value ? 1 : 0));
}
void Writer::write(int8_t value) {
    put(value);
}
void Writer::write(int16_t value) {
    put(value);
}
void Writer::write(uint16_t value) {
    put(value);
}
void Writer::write(int32_t value) {
    put(value);
}
void Writer::write(uint32_t value) {
    put(value);
}
void Writer::write(int64_t value) {
    put(value);
}
void Writer::write(double value) {
    put(std::bit_cast<uint64_t>(value));
}
void Writer::write(const Uuid& value) {
    write_raw(value.bytes);
}

void Writer::write_uvarint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) put(static_cast<uint8_t>((value & 0x7f) | 0x80));
    put(static_cast<uint8_t>(value));
}

void Writer::write_raw(Bytes bytes) {
    uint8_t* to = advance(bytes.size());
    if (to && !bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

void Writer::write_length(size_t size, bool is_text) {
    ASSERT(size < INT32_MAX, "a message is smaller than 2 GiB");
    if (flexible_) return write_uvarint(static_cast<uint32_t>(size) + 1);
    if (is_text)
        put(static_cast<int16_t>(size));
    else
        put(static_cast<int32_t>(size));
}

void Writer::write_absent(bool nullable, bool is_text) {
    if (!nullable) return write_length(0, is_text);
    if (flexible_) return write_uvarint(0);
    if (is_text)
        put(int16_t{-1});
    else
        put(int32_t{-1});
}

void Writer::write(const Text& value) {
    std::string_view text = value.view();
    if (!flexible_) text = text.substr(0, INT16_MAX);
    write_length(text.size(), true);
    write_raw(as_bytes(text));
}
void Writer::write(const Blob& value) {
    write_length(value.size(), false);
    write_raw(value.view());
}
void Writer::write(const Records& value) {
    write_length(value.size(), false);
    if (!value.in_files()) return write_raw(value.view());
    for (const FileRange& range : value.ranges()) {
        if (range.size == 0) continue;
        spliced_ += static_cast<size_t>(range.size);
        if (frame_) frame_->splices.push_back(Splice{size_, range});
    }
}

void Writer::write(const std::optional<Text>& value, bool nullable) {
    if (value)
        write(*value);
    else
        write_absent(nullable, true);
}
void Writer::write(const std::optional<Blob>& value, bool nullable) {
    if (value)
        write(*value);
    else
        write_absent(nullable, false);
}
void Writer::write(const std::optional<Records>& value, bool nullable) {
    if (value)
        write(*value);
    else
        write_absent(nullable, false);
}

void Writer::write_tags(const std::vector<UnknownTag>& unknown) {
    TagWriter(*this, unknown, 0).finish();
}

TagWriter::TagWriter(Writer& writer, const std::vector<UnknownTag>& unknown, int known)
    : writer_(writer), unknown_(unknown) {
    writer_.write_uvarint(static_cast<uint32_t>(unknown.size()) + static_cast<uint32_t>(known));
}

void TagWriter::write_unknown_below(uint64_t tag) {
    for (; next_unknown_ < unknown_.size() && unknown_[next_unknown_].tag < tag; ++next_unknown_) {
        const UnknownTag& unknown = unknown_[next_unknown_];
        writer_.write_uvarint(unknown.tag);
        writer_.write_uvarint(static_cast<uint32_t>(unknown.data.size()));
        writer_.write_raw(unknown.data.view());
    }
}

void TagWriter::begin(uint32_t tag, size_t size) {
    write_unknown_below(tag);
    writer_.write_uvarint(tag);
    writer_.write_uvarint(static_cast<uint32_t>(size));
}

void TagWriter::finish() {
    write_unknown_below(uint64_t{UINT32_MAX} + 1);
}

}  // namespace barnabas::protocol
