// SPDX-License-Identifier: Apache-2.0
// MemoryBudget: how many bytes requests may hold together, on one shard. Who finds too few waits in
// line; the bytes come back when the Reservation goes away. Counts, allocates nothing.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace barnabas {

class MemoryBudget {
    struct State;

  public:
    // Bytes that are taken. May outlive the budget.
    class Reservation {
      public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept;
        Reservation& operator=(Reservation&& other) noexcept;
        ~Reservation() { release(); }
        uint64_t bytes() const { return bytes_; }
        void release() { shrink_to(0); }
        // Gives back all but `bytes`; does nothing if fewer are held.
        void shrink_to(uint64_t bytes);

      private:
        friend class MemoryBudget;
        Reservation(std::shared_ptr<State> state, uint64_t bytes);
        std::shared_ptr<State> state_;
        uint64_t bytes_ = 0;
    };

    MemoryBudget(Clock& clock, uint64_t bytes_max);
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;
    ~MemoryBudget();

    // Waits in line until the bytes are free, or fails with request_timed_out at `deadline`. What
    // is larger than the whole budget is granted (and counted) as the whole budget.
    Task<Result<Reservation>> acquire(uint64_t bytes, Nanos deadline);
    // nullopt if it had to wait, be it only for those in line.
    std::optional<Reservation> try_acquire(uint64_t bytes);

    uint64_t bytes_max() const;
    uint64_t used() const;
    size_t waiting() const;

  private:
    struct Waiter;
    Clock& clock_;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas
