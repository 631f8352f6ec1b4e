// SPDX-License-Identifier: Apache-2.0
// When the buffer is kept, and when it is replaced by a larger or a fresh one.
#include "broker/server/frame_reader.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

constexpr size_t size_bytes = sizeof(int32_t);
// A frame that does not fit the small buffer starts with this much, then grows with what arrives.
constexpr size_t large_bytes_min = 16 * 1024;
constexpr size_t growth_factor = 8;

}  // namespace

struct FrameReader::Buffer {
    Buffer(RequestMemory& budget, size_t size)
        : bytes(std::make_unique_for_overwrite<uint8_t[]>(size)), capacity(size), charge(budget) {}
    std::unique_ptr<uint8_t[]> bytes;
    size_t capacity;
    RequestMemory::Reservation charge;
};

size_t FrameReader::frame_need() const {
    if (end_ - begin_ < size_bytes) return 0;
    const auto size = load_be<int32_t>(buffer_->bytes.get() + begin_);
    ASSERT(size > 0, "next() refuses other sizes before more space is asked for");
    return size_bytes + static_cast<size_t>(size);
}

size_t FrameReader::grown_capacity(size_t need) const {
    const size_t arrived = (end_ - begin_) * growth_factor;
    return std::min(need, std::max({large_bytes_min, arrived, proven_}));
}

bool FrameReader::make_space() {
    if (!buffer_) return replace_buffer(small_bytes, false);
    const bool shared = buffer_.use_count() > 1;
    const size_t room = buffer_->capacity - end_;
    if (begin_ == end_) {
        const bool small = buffer_->capacity == small_bytes;
        if (small && !shared) begin_ = end_ = 0;
        if (small && (!shared || room >= small_bytes / 4)) return true;
        return replace_buffer(small_bytes, shared);
    }
    const size_t need = std::max(frame_need(), size_bytes);
    if (begin_ + need <= buffer_->capacity) return true;
    if (need <= small_bytes) return replace_buffer(small_bytes, shared);
    // More memory comes after the bytes that are here, or when this peer has earned it.
    if (room > 0 && need > proven_) return true;
    return replace_buffer(grown_capacity(need), true);
}

// Moves what has not been handed out yet to the front of a new buffer.
bool FrameReader::replace_buffer(size_t capacity, bool charged) {
    ASSERT(capacity > end_ - begin_, "a new buffer has more room than the old one's rest");
    auto next = std::make_shared<Buffer>(budget_, capacity);
    if (charged) {
        // A growing frame keeps its claim on the budget; frames handed out keep theirs.
        const bool own = buffer_ && buffer_.use_count() == 1;
        if (own) next->charge.take_over(buffer_->charge);
        if (!next->charge.grow_to(capacity)) {
            if (own) buffer_->charge.take_over(next->charge);
            return false;
        }
    }
    if (end_ > begin_) std::memcpy(next->bytes.get(), buffer_->bytes.get() + begin_, end_ - begin_);
    buffer_ = std::move(next);
    end_ -= begin_;
    begin_ = 0;
    return true;
}

MutableBytes FrameReader::space() {
    ASSERT(buffer_ && end_ < buffer_->capacity, "make_space() comes first");
    return {buffer_->bytes.get() + end_, buffer_->capacity - end_};
}

void FrameReader::received(size_t count) {
    ASSERT(buffer_ && count <= buffer_->capacity - end_);
    end_ += count;
}

void FrameReader::release() {
    ASSERT(!in_frame());
    buffer_.reset();
    begin_ = end_ = 0;
}

Result<std::optional<Frame>> FrameReader::next() {
    if (end_ - begin_ < size_bytes) return std::nullopt;
    const uint8_t* const start = buffer_->bytes.get() + begin_;
    const auto size = load_be<int32_t>(start);
    if (size <= 0 || static_cast<size_t>(size) > frame_bytes_max_)
        return fail(ErrorCode::invalid_request, "frame size");
    const size_t whole = size_bytes + static_cast<size_t>(size);
    if (end_ - begin_ < whole) return std::nullopt;
    begin_ += whole;
    // Halved now and then, so that one large frame is not trusted for ever.
    proven_ = std::max(whole, proven_ / 2);
    return Frame{Bytes(start + size_bytes, static_cast<size_t>(size)), buffer_};
}

}  // namespace barnabas::broker
