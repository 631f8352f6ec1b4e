// SPDX-License-Identifier: Apache-2.0
// Reader: takes Kafka's primitive types out of a frame. Errors are sticky: after the first one
// every read gives zeros and empty values, so a decoder checks once, at its end. Bounded: a length
// is compared with what is left before anything is allocated, and the structs made from a frame may
// cost at most memory_max() bytes. Borrows: texts, blobs and records are views into the frame.
#pragma once

#include "base/result.h"
#include "protocol/wire_types.h"

namespace barnabas::protocol {

class Reader {
  public:
    explicit Reader(Bytes bytes);

    bool ok() const { return !failed_; }
    // The first error (invalid_request), if !ok().
    Error error() const { return error_; }
    void fail(const char* where);
    // Bytes not read yet, up to the end of the frame or of the tagged field being read.
    size_t left() const { return static_cast<size_t>(end_ - next_); }
    // Bytes read so far.
    size_t position() const { return static_cast<size_t>(next_ - begin_); }
    // Flexible versions (KIP-482) have varint lengths and tagged fields. Set by each message's
    // decode.
    void set_flexible(bool flexible) { flexible_ = flexible; }
    bool flexible() const { return flexible_; }

    void read(bool& value);
    void read(int8_t& value);
    void read(int16_t& value);
    void read(uint16_t& value);
    void read(int32_t& value);
    void read(uint32_t& value);
    void read(int64_t& value);
    void read(double& value);
    void read(Uuid& value);
    void read(Offset& value) { read(value.value); }
    void read(ErrorCode& value);
    template <class Tag, class Rep>
    void read(StrongId<Tag, Rep>& value) {
        read(value.value);
    }
    // At most 5 bytes, nothing beyond 32 bits; needlessly long forms are accepted, as Kafka does.
    uint32_t read_uvarint();
    void read(Text& value);
    void read(Blob& value);
    void read(Records& value);
    // Null is an error unless `nullable`.
    void read(std::optional<Text>& value, bool nullable);
    void read(std::optional<Blob>& value, bool nullable);
    void read(std::optional<Records>& value, bool nullable);

    template <class T>
    void read_array(std::vector<T>& items) {
        read_items(items, read_count(element_size_min<T>(), sizeof(T)));
    }
    template <class T>
    void read_array(std::optional<std::vector<T>>& items, bool nullable) {
        items.emplace();
        const int64_t count = read_count(element_size_min<T>(), sizeof(T), nullable);
        if (count < 0)
            items.reset();
        else
            read_items(*items, count);
    }
    // `size_min`: the fewest bytes a T takes in any version.
    template <class T>
    void read_structs(std::vector<T>& items, int16_t version, size_t size_min) {
        decode_items(items, read_count(size_min, sizeof(T)), version);
    }
    template <class T>
    void read_structs(std::optional<std::vector<T>>& items, int16_t version, size_t size_min,
                      bool nullable) {
        items.emplace();
        const int64_t count = read_count(size_min, sizeof(T), nullable);
        if (count < 0)
            items.reset();
        else
            decode_items(*items, count, version);
    }
    template <class T>
    void read_struct(std::optional<T>& value, int16_t version, bool nullable) {
        value.reset();
        if (!nullable || read_present()) value.emplace().decode(*this, version);
    }
    // A nullable struct that is a tagged field says null with another marker.
    template <class T>
    void read_tagged_struct(std::optional<T>& value, int16_t version) {
        value.reset();
        if (read_uvarint() != 0) value.emplace().decode(*this, version);
    }

    // The tagged fields at the end of a struct that knows none.
    void read_tags(std::vector<UnknownTag>& unknown);

  private:
    friend class TagReader;

    template <class T>
    size_t element_size_min() const {
        if constexpr (std::is_same_v<T, Text>)
            return flexible_ ? 1 : 2;
        else
            return sizeof(T);
    }
    template <class T>
    void read_items(std::vector<T>& items, int64_t count) {
        items.clear();
        items.resize(count > 0 ? static_cast<size_t>(count) : 0);
        for (T& item : items) read(item);
    }
    template <class T>
    void decode_items(std::vector<T>& items, int64_t count, int16_t version) {
        items.clear();
        for (items.reserve(count > 0 ? static_cast<size_t>(count) : 0); count > 0 && ok(); --count)
            items.emplace_back().decode(*this, version);
    }

    template <class Int>
    Int take();
    // The length in front of a text (or of bytes and arrays), -1 for null; never below -1 nor, for
    // texts and bytes, above left().
    int64_t read_length(bool is_text, bool nullable);
    // An array's count, 0 after an error; refuses what cannot fit into left() or into memory_max().
    int64_t read_count(size_t size_min, size_t memory_each, bool nullable = false);
    bool charge(size_t count, size_t memory_each);
    bool read_present();
    Bytes take_bytes(int64_t size);

    const uint8_t* begin_;
    const uint8_t* next_;
    const uint8_t* end_;
    size_t memory_left_;
    bool flexible_ = false;
    bool failed_ = false;
    Error error_;
};

// The tagged fields at the end of a struct, one after another:
//     for (TagReader tags(reader); tags.next();)
//         if (tags.tag() == 0) ...read the field... else tags.keep(unknown);
// Any order is accepted, and of a known tag given twice the last one counts (as in Kafka). A known
// field must use exactly the bytes announced for it.
class TagReader {
  public:
    explicit TagReader(Reader& reader);
    TagReader(const TagReader&) = delete;
    TagReader& operator=(const TagReader&) = delete;
    // Goes to the next field; false at the end or after an error.
    bool next();
    uint32_t tag() const { return tag_; }
    // Keeps the whole field in `unknown`, which stays sorted by tag once next() has given false.
    void keep(std::vector<UnknownTag>& unknown);

  private:
    void close_field();

    Reader& reader_;
    const uint8_t* outer_end_;
    std::vector<UnknownTag>* unsorted_ = nullptr;
    uint32_t left_;
    uint32_t tag_ = 0;
    bool open_ = false;
};

}  // namespace barnabas::protocol
