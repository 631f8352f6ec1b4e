// SPDX-License-Identifier: Apache-2.0
// SimClock: where virtual time starts.
#include "base/sim/sim_clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace barnabas {

int64_t SimClock::wall_ms() const {
    constexpr int64_t start_ms = 1'750'000'000'000;  // a day in June 2025
    return start_ms + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count() +
           wall_shift_ms_;
}

Clock::TimerId SimClock::call_at(Nanos deadline, Callback callback) {
    return timers_.add(std::max(deadline, now_), std::move(callback));
}

}  // namespace barnabas
