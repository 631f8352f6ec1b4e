// SPDX-License-Identifier: Apache-2.0
// Claims that grow, the one that may go beyond the limit, and who is woken when.
#include "broker/server/request_memory.h"

#include <utility>

#include "base/assert.h"

namespace barnabas::broker {

RequestMemory::~RequestMemory() {
    ASSERT(used_ == 0, "every frame is gone before the budget is");
}

RequestMemory::Reservation::~Reservation() {
    if (held_ > 0) budget_.give_back(held_, overdrawn_);
}

bool RequestMemory::Reservation::grow_to(uint64_t bytes) {
    if (bytes <= held_) return true;
    const uint64_t more = bytes - held_;
    const bool fits = budget_.used_ + more <= budget_.limit_;
    if (!fits && !overdrawn_) {
        if (budget_.overdraft_taken_) {
            budget_.refused_ = true;
            return false;
        }
        overdrawn_ = budget_.overdraft_taken_ = true;
    }
    held_ = bytes;
    budget_.used_ += more;
    return true;
}

void RequestMemory::Reservation::take_over(Reservation& other) {
    ASSERT(&other.budget_ == &budget_ && held_ == 0 && !overdrawn_);
    std::swap(held_, other.held_);
    std::swap(overdrawn_, other.overdrawn_);
}

void RequestMemory::give_back(uint64_t bytes, bool overdrawn) {
    ASSERT(bytes <= used_);
    used_ -= bytes;
    if (overdrawn) {
        ASSERT(overdraft_taken_);
        overdraft_taken_ = false;
    }
    // Waiters are woken when a good part is free, not by every small frame: each wake-up lets all
    // of them look again.
    if (refused_ && (overdrawn || used_ <= limit_ - limit_ / 8)) {
        refused_ = false;
        freed_.notify_all();
    }
}

}  // namespace barnabas::broker
