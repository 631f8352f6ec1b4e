// SPDX-License-Identifier: Apache-2.0
// GroupClock: the time by which members are given up. It is the monotonic clock without the
// stretches in which this process did not run (stopped, swapped out, starved): nobody could tell it
// that they are alive then, so all of them would be given up at once afterwards (G18). Owned by the
// group coordinator, used on its shard only.
#pragma once

#include <algorithm>

#include "base/assert.h"
#include "base/clock.h"
#include "broker/group/group_types.h"

namespace barnabas::broker {

class GroupClock {
  public:
    // Whoever waits for a group's deadline looks at the time at least this often: that is how it
    // becomes known that nobody was there to look.
    static constexpr Nanos pulse = std::chrono::seconds(1);
    // A process that was away for less than this was merely busy.
    static constexpr Nanos absence = std::chrono::seconds(2);

    explicit GroupClock(Clock& clock) : clock_(clock), seen_(clock.now()) {}

    GroupTime now() {
        const Nanos now = clock_.now();
        ASSERT(now >= seen_);
        const Nanos gap = now - std::exchange(seen_, now);
        if (gap > absence) away_ += gap - pulse;
        return {now - away_, clock_.wall_ms()};
    }
    // Until when to wait, by the clock below, for a deadline of groups: not longer than a pulse.
    Nanos next_look(Nanos group_deadline) {
        if (group_deadline == Nanos::max()) return Nanos::max();
        const Nanos left = group_deadline - now().now;
        return clock_.now() + std::clamp(left, Nanos{}, pulse);
    }
    // How much of the time was not counted.
    Nanos away() const { return away_; }

  private:
    Clock& clock_;
    Nanos seen_;
    Nanos away_{};
};

}  // namespace barnabas::broker
