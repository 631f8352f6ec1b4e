// SPDX-License-Identifier: Apache-2.0
// Signal: "something changed, look again" for tasks of one shard. Waits always have a deadline.
// A waiter re-checks its own condition after every wake-up; a Signal carries no value.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <list>

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
    // Wakes the task that waits longest; false if none waits.
    bool notify_one();
    // True if notified, false if `deadline` passed first (or the Signal was destroyed).
    // Nanos::max() sets no timer: only for waits that somebody else's deadline ends.
    Task<bool> wait_until(Nanos deadline);
    size_t waiting() const { return waiters_.size(); }

  private:
    using Handler = boost::asio::any_completion_handler<void(bool)>;
    struct Waiter {
        boost::asio::any_io_executor home;
        Handler handler;
        Clock::TimerId timer = 0;
    };
    using Waiters = std::list<Waiter>;

    void add_waiter(boost::asio::any_io_executor home, Nanos deadline, Handler handler);
    void wake(Waiters::iterator waiter, bool notified);

    Clock& clock_;
    Waiters waiters_;
};

}  // namespace barnabas
