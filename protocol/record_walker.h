// SPDX-License-Identifier: Apache-2.0
// Walks over the records of a batch without keeping them: checks what RecordReader checks, but
// reads compressed records through a small window, so that no memory depends on what they expand
// to. For validation of produced batches; whoever needs keys and values uses RecordReader.
#pragma once

#include <algorithm>

#include "protocol/compression.h"
#include "protocol/varint.h"

namespace barnabas::protocol {

// What validation wants to know of a record.
struct RecordShape {
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    bool has_key = false;
};

class RecordWalker {
  public:
    static constexpr size_t window_size = 64 << 10;

    // Records that are not compressed.
    explicit RecordWalker(Bytes records)
        : next_(records.data()), end_(records.data() + records.size()) {}
    // Records that `source`, just started, expands; at most `size_max` bytes are read from it.
    RecordWalker(Decompressor& source, size_t size_max)
        : source_(&source), window_(source.window(window_size)), size_left_(size_max) {}

    // The next record. Fails with invalid_record, or as decompression does (corrupt_message;
    // message_too_large beyond the limit).
    Result<void> next(RecordShape& record);
    // Fails with invalid_record if anything follows the records walked over.
    Result<void> expect_end();

  private:
    size_t available() const { return static_cast<size_t>(end_ - next_); }
    // Gets more bytes behind those that are available; false at the end or after an error.
    bool refill();
    // Takes from the current record, which has record_left_ bytes left.
    template <class Int>
    bool take_varint(Int& value);
    bool take_byte();
    bool skip(int32_t size);
    bool skip_nullable(bool& present);
    bool walk_headers();
    bool walk_fields(RecordShape& record);
    Result<void> failure(const char* where) const;

    const uint8_t* next_ = nullptr;
    const uint8_t* end_ = nullptr;
    size_t record_left_ = 0;
    Decompressor* source_ = nullptr;
    MutableBytes window_;
    size_t size_left_ = 0;
    std::optional<Error> error_;
};

}  // namespace barnabas::protocol
