// SPDX-License-Identifier: Apache-2.0
// Places are numbered; the first one that is still open is slots_[0].
#include "broker/server/output_queue.h"

#include <utility>

#include "base/assert.h"

namespace barnabas::broker {

OutputQueue::Place OutputQueue::open() {
    slots_.emplace_back();
    return first_ + slots_.size() - 1;
}

void OutputQueue::fill(Place place, std::optional<protocol::EncodedFrame> answer,
                       bool close_after) {
    ASSERT(place >= first_ && place - first_ < slots_.size(), "a place is filled while it is open");
    Slot& slot = slots_[place - first_];
    ASSERT(!slot.filled, "a request is answered once");
    slot.filled = true;
    slot.close_after = close_after;
    slot.answer = std::move(answer);
    if (slot.answer) bytes_ += slot.answer->bytes.size();
}

bool OutputQueue::take(std::vector<protocol::EncodedFrame>& into, size_t count_max,
                       size_t bytes_max) {
    size_t taken_bytes = 0;
    size_t count = 0;
    size_t taken = 0;
    bool closes = false;
    while (!closes && taken < slots_.size() && slots_[taken].filled && count < count_max &&
           taken_bytes < bytes_max) {
        Slot& slot = slots_[taken++];
        if (slot.answer) {
            const size_t size = slot.answer->bytes.size();
            ASSERT(bytes_ >= size);
            bytes_ -= size;
            taken_bytes += size;
            ++count;
            into.push_back(std::move(*slot.answer));
        }
        closes = slot.close_after;
    }
    slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(taken));
    first_ += taken;
    return closes;
}

}  // namespace barnabas::broker
