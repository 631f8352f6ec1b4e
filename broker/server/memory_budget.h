// SPDX-License-Identifier: Apache-2.0
// MemoryBudget: how many bytes of requests may be held at once by all connections of a shard
// (queued.max.request.bytes). Whoever gets no room stops reading until room is given back (N11).
// One frame at a time may go beyond the limit: otherwise many half-read frames could fill the
// budget and wait for each other for ever.
#pragma once

#include <cstdint>

#include "base/signal.h"

namespace barnabas::broker {

class MemoryBudget {
  public:
    MemoryBudget(Clock& clock, uint64_t limit_bytes) : limit_(limit_bytes), freed_(clock) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;
    ~MemoryBudget();

    // What one owner holds; gives it back when destroyed. Outlived by the budget.
    class Reservation {
      public:
        explicit Reservation(MemoryBudget& budget) : budget_(budget) {}
        Reservation(const Reservation&) = delete;
        Reservation& operator=(const Reservation&) = delete;
        ~Reservation();
        // Holds at least `bytes` from now on; false (and unchanged) if there is no room now.
        bool grow_to(uint64_t bytes);
        // What `other` holds is held here from now on, its permission to go beyond the limit
        // included.
        void take_over(Reservation& other);

      private:
        MemoryBudget& budget_;
        uint64_t held_ = 0;
        bool overdrawn_ = false;
    };

    // Notified when a refused owner may try again.
    Signal& freed() { return freed_; }
    uint64_t used() const { return used_; }
    uint64_t limit() const { return limit_; }

  private:
    void give_back(uint64_t bytes, bool overdrawn);

    uint64_t limit_;
    uint64_t used_ = 0;
    bool overdraft_taken_ = false;
    bool refused_ = false;
    Signal freed_;
};

}  // namespace barnabas::broker
