// SPDX-License-Identifier: Apache-2.0
// RequestMemory: how many bytes of requests may be held at once by all connections of a shard
// (queued.max.request.bytes). Whoever gets no room stops reading until room is given back (N11).
// Claims grow while their frame arrives, so frames that are half here could fill the budget and
// wait for each other for ever: one frame at a time may go beyond the limit. (base/memory_budget.h
// is for sizes that are known before.)
#pragma once

#include <cstdint>

#include "base/signal.h"

namespace barnabas::broker {

class RequestMemory {
  public:
    RequestMemory(Clock& clock, uint64_t limit_bytes) : limit_(limit_bytes), freed_(clock) {}
    RequestMemory(const RequestMemory&) = delete;
    RequestMemory& operator=(const RequestMemory&) = delete;
    ~RequestMemory();

    // What one owner holds; gives it back when destroyed. Outlived by the budget.
    class Reservation {
      public:
        explicit Reservation(RequestMemory& budget) : budget_(budget) {}
        Reservation(const Reservation&) = delete;
        Reservation& operator=(const Reservation&) = delete;
        ~Reservation();
        // Holds at least `bytes` from now on; false (and unchanged) if there is no room now.
        bool grow_to(uint64_t bytes);
        // What `other` holds is held here from now on, its permission to go beyond the limit
        // included.
        void take_over(Reservation& other);

      private:
        RequestMemory& budget_;
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
