// SPDX-License-Identifier: Apache-2.0
// Signal: "something changed, look again" for tasks of one shard. Waits always have a deadline.
// A waiter re-checks its own condition after every wake-up; a Signal carries no value.
#pragma once

#include <list>
#include <memory>

#include "base/clock.h"
#include "base/task.h"

namespace barnabas {

class Signal {
  public:
    explicit Signal(Clock& clock) : clock_(clock) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal();

    // Wakes every task that waits now. Waiters resume later on the loop, never inline.
    void notify_all();
    // True if notified, false if `deadline` passed first (or the Signal was destroyed).
    Task<bool> wait_until(Nanos deadline);
    size_t waiting() const { return waiters_.size(); }

  private:
    struct Waiter;
    Clock& clock_;
    std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace barnabas
