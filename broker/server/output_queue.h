// SPDX-License-Identifier: Apache-2.0
// OutputQueue: the answers of one connection in the order of their requests (N01). A request takes
// a place before its handler runs; answers that are ready early wait for those before them. Bounded
// by its user, which looks at places() and bytes() before it admits another request (N04).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/writer.h"

namespace barnabas::broker {

class OutputQueue {
  public:
    using Place = uint64_t;

    // The next place in line.
    Place open();
    // The answer for a place; nullopt: the request has none (acks=0). `close_after`: nothing that
    // was asked later is answered.
    void fill(Place place, std::optional<protocol::EncodedFrame> answer, bool close_after = false);
    // Moves answers that may be written now to the end of `into`, at most `count_max` of them and
    // none beyond the one that makes `bytes_max`. True if the connection ends after the last one.
    bool take(std::vector<protocol::EncodedFrame>& into, size_t count_max, size_t bytes_max);

    // Keeps no memory while nothing waits here.
    void release() {
        if (slots_.empty()) slots_ = {};
    }

    // True if take() would make progress.
    bool ready() const { return !slots_.empty() && slots_.front().filled; }
    // Requests without a written answer yet.
    size_t places() const { return slots_.size(); }
    // Memory of answers that wait here (ranges of files cost none).
    size_t bytes() const { return bytes_; }

  private:
    struct Slot {
        bool filled = false;
        bool close_after = false;
        std::optional<protocol::EncodedFrame> answer;
    };
    std::vector<Slot> slots_;
    Place first_ = 0;
    size_t bytes_ = 0;
};

}  // namespace barnabas::broker
