// SPDX-License-Identifier: Apache-2.0
#include "broker/server/memory_budget.h"

#include "base/assert.h"

namespace barnabas::broker {

MemoryBudget::~MemoryBudget() {
    ASSERT(used_ == 0, "every frame is gone before the budget is");
}

MemoryBudget::Reservation::~Reservation() {
    if (held_ > 0) budget_.give_back(held_, overdrawn_);
}

bool MemoryBudget::Reservation::grow(uint64_t bytes) {
    ASSERT(bytes > 0);
    const bool fits = budget_.used_ + bytes <= budget_.limit_;
    if (!fits && !overdrawn_) {
        if (budget_.overdraft_taken_) {
            budget_.refused_ = true;
            return false;
        }
        overdrawn_ = budget_.overdraft_taken_ = true;
    }
    held_ += bytes;
    budget_.used_ += bytes;
    return true;
}

void MemoryBudget::give_back(uint64_t bytes, bool overdrawn) {
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
