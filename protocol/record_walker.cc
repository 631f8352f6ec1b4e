// SPDX-License-Identifier: Apache-2.0
// Walks the records of a batch one by one, strictly: each length is checked before it is used.
#include "protocol/record_walker.h"

#include "base/assert.h"

namespace barnabas::protocol {

bool RecordWalker::refill() {
    if (!source_) return false;
    const size_t kept = available();
    ASSERT(kept < window_.size(), "callers keep no more than a varint");
    if (kept > 0) std::memmove(window_.data(), next_, kept);
    const MutableBytes room = window_.subspan(kept);
    const auto count = source_->read(room);
    next_ = window_.data();
    end_ = next_ + kept + count.value_or(0);
    if (!count || *count < room.size()) source_ = nullptr;
    if (!count) {
        error_ = count.error();
        return false;
    }
    if (*count > size_left_) {
        error_ = Error{ErrorCode::message_too_large, 0, "decompressed size"};
        source_ = nullptr;
        return false;
    }
    size_left_ -= *count;
    return *count > 0;
}

template <class Int>
bool RecordWalker::take_varint(Int& value) {
    if (available() < varint_size_max<uint64_t> && source_ && !refill() && error_) return false;
    const uint8_t* const limit = next_ + std::min(available(), record_left_);
    const uint8_t* const after = read_varint(next_, limit, value);
    if (!after) return false;
    record_left_ -= static_cast<size_t>(after - next_);
    next_ = after;
    return true;
}

bool RecordWalker::take_byte() {
    if (record_left_ == 0) return false;
    return skip(1);
}

bool RecordWalker::skip(int32_t size) {
    if (size < 0 || static_cast<size_t>(size) > record_left_) return false;
    auto left = static_cast<size_t>(size);
    while (left > available()) {
        left -= available();
        next_ = end_;
        if (!refill()) return false;
    }
    next_ += left;
    record_left_ -= static_cast<size_t>(size);
    return true;
}

bool RecordWalker::skip_nullable(bool& present) {
    int32_t size = 0;
    if (!take_varint(size)) return false;
    present = size != -1;
    return !present || skip(size);
}

bool RecordWalker::walk_headers() {
    int32_t count = 0;
    if (!take_varint(count) || count < 0) return false;
    for (bool present = false; count > 0; --count) {
        if (!skip_nullable(present) || !present) return false;
        if (!skip_nullable(present)) return false;
    }
    return true;
}

bool RecordWalker::walk_fields(RecordShape& record) {
    bool has_value = false;
    return take_byte() && take_varint(record.timestamp_delta) && take_varint(record.offset_delta) &&
           skip_nullable(record.has_key) && skip_nullable(has_value) && walk_headers();
}

Result<void> RecordWalker::next(RecordShape& record) {
    ASSERT(!error_, "a walk ends at its first error");
    record_left_ = varint_size_max<uint32_t>;
    int32_t size = 0;
    if (!take_varint(size) || size < 0) return failure("record length");
    record_left_ = static_cast<size_t>(size);
    if (!walk_fields(record)) return failure("record fields");
    if (record_left_ != 0) return failure("bytes left in the record");
    return {};
}

Result<void> RecordWalker::expect_end() {
    ASSERT(!error_, "a walk ends at its first error");
    if (available() > 0 || refill()) return failure("bytes after the records");
    if (error_) return std::unexpected(*error_);
    return {};
}

Result<void> RecordWalker::failure(const char* where) const {
    if (error_) return std::unexpected(*error_);
    return fail(ErrorCode::invalid_record, where);
}

}  // namespace barnabas::protocol
