// SPDX-License-Identifier: Apache-2.0
// FrameReader: cuts one connection's byte stream into request frames (int32 size, then that many
// bytes). Memory follows the bytes that arrived, never the size that was announced (N02). Does no
// I/O: the connection reads into space() and takes frames from next().
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "broker/server/request_memory.h"

namespace barnabas::broker {

// A request without its size. `bytes` live as long as `owner`.
struct Frame {
    Bytes bytes;
    std::shared_ptr<const void> owner;
};

class FrameReader {
  public:
    // Frames of more than `frame_bytes_max` are refused.
    FrameReader(RequestMemory& budget, size_t frame_bytes_max)
        : budget_(budget), frame_bytes_max_(frame_bytes_max) {}

    // Makes space() non-empty. False if the budget has no room: wait for budget.freed(), try again.
    bool make_space();
    // Where the next received bytes go.
    MutableBytes space();
    // `count` bytes of space() were filled.
    void received(size_t count);
    // The next whole frame, nullopt if more bytes are needed first, an Error (invalid_request) if
    // the announced size is not positive or too large.
    Result<std::optional<Frame>> next();
    // Gives the buffer back until more is read; not while in_frame().
    void release();
    // True while a frame has begun to arrive and is not whole yet.
    bool in_frame() const { return end_ > begin_; }
    // Bytes of the unfinished frame that have arrived.
    size_t received_of_frame() const { return end_ - begin_; }

    // Small frames share a buffer of this size, one per connection; it is not charged to the budget
    // while only the connection holds it.
    static constexpr size_t small_bytes = 4096;

  private:
    struct Buffer;

    bool replace_buffer(size_t capacity, bool charged);
    // Bytes the unfinished frame needs in all, its size included; 0 while unknown.
    size_t frame_need() const;
    size_t grown_capacity(size_t need) const;

    RequestMemory& budget_;
    size_t frame_bytes_max_;
    std::shared_ptr<Buffer> buffer_;
    size_t begin_ = 0;  // of what is not handed out yet
    size_t end_ = 0;    // of what has arrived
    // The largest recent frame that this peer really sent: its next one may be trusted that far.
    size_t proven_ = 0;
};

}  // namespace barnabas::broker
