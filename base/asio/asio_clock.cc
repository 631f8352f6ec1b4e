// SPDX-License-Identifier: Apache-2.0
// AsioClock over one steady_timer. The state is shared with the timer's completion, which may still
// be queued in the loop when the clock is destroyed.
#include "base/asio/asio_clock.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "base/timer_queue.h"

namespace barnabas {

struct AsioClock::State : std::enable_shared_from_this<AsioClock::State> {
    explicit State(boost::asio::io_context& io) : timer(io) {}

    void arm();
    void fire();

    TimerQueue timers;
    boost::asio::steady_timer timer;
    // What `timer` waits for; max: nothing.
    Nanos armed_for = Nanos::max();
};

namespace {

Nanos steady_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

void AsioClock::State::arm() {
    const auto next = timers.next();
    // A timer that is armed too early is left: waking up once for nothing is cheaper than
    // re-arming.
    if (!next || *next >= armed_for) return;
    armed_for = *next;
    timer.expires_at(std::chrono::steady_clock::time_point(armed_for));
    auto on_expiry = [weak = weak_from_this()](boost::system::error_code error) {
        if (error) return;
        if (const auto state = weak.lock()) state->fire();
    };
    timer.async_wait(std::move(on_expiry));
}

void AsioClock::State::fire() {
    armed_for = Nanos::max();
    const auto keep_alive = shared_from_this();
    // One reading of the time for the whole round: what callbacks add is due in a later one.
    const Nanos now = steady_now();
    while (auto due = timers.pop(now)) due->callback();
    arm();
}

AsioClock::AsioClock(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}

AsioClock::~AsioClock() {
    // Callbacks may own waiting tasks, whose ends may come back to this clock: one at a time.
    while (state_->timers.pop(Nanos::max())) {
    }
}

Nanos AsioClock::now() const {
    return steady_now();
}

int64_t AsioClock::wall_ms() const {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

Clock::TimerId AsioClock::call_at(Nanos deadline, Callback callback) {
    const TimerId id = state_->timers.add(std::max(deadline, now()), std::move(callback));
    state_->arm();
    return id;
}

bool AsioClock::cancel(TimerId id) {
    return state_->timers.cancel(id);
}

}  // namespace barnabas
