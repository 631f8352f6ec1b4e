// SPDX-License-Identifier: Apache-2.0
// SimClock: virtual time, which moves only when the SimLoop that owns it has nothing else to do.
#pragma once

#include "base/clock.h"
#include "base/timer_queue.h"

namespace barnabas {

class SimClock final : public Clock {
  public:
    Nanos now() const override { return now_; }
    int64_t wall_ms() const override;
    TimerId call_at(Nanos deadline, Callback callback) override;
    bool cancel(TimerId id) override { return timers_.cancel(id); }

    // Lets the wall clock jump, forwards or back; now() is not touched.
    void shift_wall_ms(int64_t by) { wall_shift_ms_ += by; }
    size_t timers() const { return timers_.size(); }

  private:
    friend class SimLoop;

    TimerQueue timers_;
    Nanos now_{0};
    int64_t wall_shift_ms_ = 0;
};

}  // namespace barnabas
