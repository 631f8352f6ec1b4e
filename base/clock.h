// SPDX-License-Identifier: Apache-2.0
// Clock: the only source of time. One per shard, used on that shard's thread only. Real time is in
// base/asio/asio_clock.h, virtual time in base/sim/sim_clock.h.
#pragma once

#include <cstdint>
#include <functional>

#include "base/nanos.h"
#include "base/task.h"

namespace barnabas {

class Clock {
  public:
    using TimerId = uint64_t;
    using Callback = std::move_only_function<void()>;

    virtual ~Clock() = default;
    // Monotonic time since an arbitrary start. Deadlines and intervals use this one only.
    virtual Nanos now() const = 0;
    // Milliseconds since the Unix epoch, for timestamps that users see. May jump.
    virtual int64_t wall_ms() const = 0;
    // Runs `callback` on the shard at or soon after `deadline`, unless cancelled. Never inline.
    virtual TimerId call_at(Nanos deadline, Callback callback) = 0;
    // True if the timer had not fired yet.
    virtual bool cancel(TimerId id) = 0;

    Nanos after(Nanos delay) const { return now() + delay; }
    // Completes at now() + delay.
    Task<void> sleep(Nanos delay);
};

}  // namespace barnabas
