// SPDX-License-Identifier: Apache-2.0
// Writer: puts Kafka's primitive types into a frame of exactly the right size. The same encode()
// runs twice: on a counting Writer to learn the size, then on one that writes. Records that lie in
// files are not copied: the frame remembers where their bytes belong, and the connection sends them
// from the file.
#pragma once

#include "protocol/wire_types.h"

namespace barnabas::protocol {

// `range` is to be sent before bytes[position] (or after the last byte).
struct Splice {
    size_t position = 0;
    FileRange range;
};

// One encoded frame; what goes out are `bytes` with the splices in between, size() bytes in all.
struct EncodedFrame {
    std::vector<uint8_t> bytes;
    std::vector<Splice> splices;
    size_t size() const;
};

class Writer {
  public:
    // Counts only.
    Writer() = default;
    // Writes a frame as large as `counted` found it.
    explicit Writer(const Writer& counted, EncodedFrame& into);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Bytes so far, those of files included.
    size_t size() const { return size_ + spliced_; }
    // True if a writing Writer has filled its frame exactly.
    bool full() const { return frame_ != nullptr && size_ == frame_->bytes.size(); }
    // Flexible versions (KIP-482) have varint lengths and tagged fields. Set by each message's
    // encode.
    void set_flexible(bool flexible) { flexible_ = flexible; }
    bool flexible() const { return flexible_; }

    void write(bool value);
    void write(int8_t value);
    void write(int16_t value);
    void write(uint16_t value);
    void write(int32_t value);
    void write(uint32_t value);
    void write(int64_t value);
    void write(double value);
    void write(const Uuid& value);
    void write(Offset value) { write(value.value); }
    void write(ErrorCode value) { write(static_cast<int16_t>(value)); }
    template <class Tag, class Rep>
    void write(StrongId<Tag, Rep> value) {
        write(value.value);
    }
    void write_uvarint(uint32_t value);
    // Old versions cannot carry more than 32767 bytes of text; the rest is cut off.
    void write(const Text& value);
    void write(const Blob& value);
    void write(const Records& value);
    // An absent value is written as null if `nullable`, else as an empty one.
    void write(const std::optional<Text>& value, bool nullable);
    void write(const std::optional<Blob>& value, bool nullable);
    void write(const std::optional<Records>& value, bool nullable);
    // Bytes without a length.
    void write_raw(Bytes bytes);

    template <class T>
    void write_array(const std::vector<T>& items) {
        write_length(items.size(), false);
        for (const T& item : items) write(item);
    }
    template <class T>
    void write_array(const std::optional<std::vector<T>>& items, bool nullable) {
        if (items)
            write_array(*items);
        else
            write_absent(nullable, false);
    }
    template <class T>
    void write_structs(const std::vector<T>& items, int16_t version) {
        write_length(items.size(), false);
        for (const T& item : items) item.encode(*this, version);
    }
    template <class T>
    void write_structs(const std::optional<std::vector<T>>& items, int16_t version, bool nullable) {
        if (items)
            write_structs(*items, version);
        else
            write_absent(nullable, false);
    }
    template <class T>
    void write_struct(const std::optional<T>& value, int16_t version, bool nullable) {
        if (nullable) write(static_cast<int8_t>(value ? 1 : -1));
        if (value)
            value->encode(*this, version);
        else if (!nullable)
            T{}.encode(*this, version);
    }
    // A nullable struct that is a tagged field says null with another marker.
    template <class T>
    void write_tagged_struct(const std::optional<T>& value, int16_t version) {
        write_uvarint(value ? 1 : 0);
        if (value) value->encode(*this, version);
    }
    // The tagged fields at the end of a struct that knows none.
    void write_tags(const std::vector<UnknownTag>& unknown);

  private:
    friend class TagWriter;

    template <class Int>
    void put(Int value);
    // Room for `size` bytes, or null when only counting.
    uint8_t* advance(size_t size);
    void write_length(size_t size, bool is_text);
    void write_absent(bool nullable, bool is_text);

    EncodedFrame* frame_ = nullptr;
    size_t size_ = 0;
    size_t spliced_ = 0;
    bool flexible_ = false;
};

// The tagged fields at the end of a struct, known and unknown merged in ascending order:
//     TagWriter tags(writer, unknown, has_0 + has_1);
//     if (has_0) tags.field(0, [&](Writer& out) { out.write(...); });
//     if (has_1) ...
//     tags.finish();
class TagWriter {
  public:
    // `known`: how many field() calls will follow. `unknown` is sorted by tag.
    TagWriter(Writer& writer, const std::vector<UnknownTag>& unknown, int known);
    TagWriter(const TagWriter&) = delete;
    TagWriter& operator=(const TagWriter&) = delete;

    // Calls come in ascending order of `tag`.
    template <class Write>
    void field(uint32_t tag, Write write) {
        Writer counter;
        counter.set_flexible(writer_.flexible());
        write(counter);
        begin(tag, counter.size());
        write(writer_);
    }
    void finish();

  private:
    void begin(uint32_t tag, size_t size);
    void write_unknown_below(uint64_t tag);

    Writer& writer_;
    const std::vector<UnknownTag>& unknown_;
    size_t next_unknown_ = 0;
};

}  // namespace barnabas::protocol
