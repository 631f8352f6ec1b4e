// SPDX-License-Identifier: Apache-2.0
// The time of groups stands still while the process does, and only then.
#include "broker/group/group_clock.h"

#include <gtest/gtest.h>

namespace barnabas::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A clock that is moved by hand, as if the process had been stopped.
class HandClock final : public Clock {
  public:
    Nanos now() const override { return now_; }
    int64_t wall_ms() const override { return now_ / milliseconds(1); }
    TimerId call_at(Nanos, Callback) override { return 0; }
    bool cancel(TimerId) override { return false; }
    void pass(Nanos time) { now_ += time; }

  private:
    Nanos now_ = seconds(1000);
};

TEST(GroupClock, runs_as_the_clock_below) {
    HandClock below;
    GroupClock clock(below);
    for (int second = 0; second < 100; ++second) {
        below.pass(seconds(1));
        EXPECT_EQ(clock.now().now, below.now());
    }
    EXPECT_EQ(clock.away(), Nanos{});
}

TEST(GroupClock, G18_time_without_us_does_not_count) {
    HandClock below;
    GroupClock clock(below);
    const Nanos before = clock.now().now;
    below.pass(seconds(60));
    EXPECT_EQ(clock.now().now, before + GroupClock::pulse);
    EXPECT_EQ(clock.now().wall_ms, below.wall_ms());
    below.pass(milliseconds(1900));
    EXPECT_EQ(clock.now().now, before + GroupClock::pulse + milliseconds(1900));
}

TEST(GroupClock, waits_in_pulses) {
    HandClock below;
    GroupClock clock(below);
    const Nanos now = clock.now().now;
    EXPECT_EQ(clock.next_look(now + milliseconds(200)), below.now() + milliseconds(200));
    EXPECT_EQ(clock.next_look(now + seconds(30)), below.now() + GroupClock::pulse);
    EXPECT_EQ(clock.next_look(now - seconds(1)), below.now());
    EXPECT_EQ(clock.next_look(Nanos::max()), Nanos::max());
}

}  // namespace
}  // namespace barnabas::broker
