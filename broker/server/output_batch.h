// SPDX-License-Identifier: Apache-2.0
// OutputBatch: answers on their way to the peer, as pieces that one system call each can send:
// bytes of several answers together, or a part of one range of a file. Knows how far it got, so
// that who writes may stop anywhere. Does no I/O.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocol/writer.h"

namespace barnabas::broker {

class OutputBatch {
  public:
    // No piece is larger than `piece_bytes_max`.
    explicit OutputBatch(size_t piece_bytes_max) : piece_bytes_max_(piece_bytes_max) {}

    // Where to put the answers of the next batch, before start(); only when this one is cleared.
    std::vector<protocol::EncodedFrame>& frames() { return frames_; }
    void start() { skip_finished(); }
    bool done() const { return frame_ == frames_.size(); }
    // Lets go of what was sent.
    void clear();
    // As clear(), and keeps no memory for the next one.
    void release();

    // What comes next: bytes, or, if these are none, a part of a file. Not when done().
    std::span<const Bytes> bytes();
    FileRange range() const;
    // So much of what came next was sent.
    void sent(uint64_t count);

  private:
    // Where in frames_[frame_] the bytes end before its next range, or the frame does.
    size_t bytes_end(size_t frame, size_t splice) const;
    void skip_finished();

    const size_t piece_bytes_max_;
    std::vector<protocol::EncodedFrame> frames_;
    std::vector<Bytes> parts_;
    // The first that is not sent: bytes from byte_ on, then a range from in_range_ on.
    size_t frame_ = 0;
    size_t byte_ = 0;
    size_t splice_ = 0;
    uint64_t in_range_ = 0;
};

}  // namespace barnabas::broker
