// SPDX-License-Identifier: Apache-2.0
// SimLoop: the order in which a simulation happens.
#include "base/sim/sim_loop.h"

#include <boost/asio/post.hpp>

namespace barnabas {

SimLoop::SimLoop(uint64_t seed) : work_(boost::asio::make_work_guard(io_)), random_(seed) {}

SimLoop::~SimLoop() {
    // Timers own waiting tasks, whose ends may come back to the clock and the loop: one at a time,
    // while both are whole.
    while (clock_.timers_.pop(Nanos::max())) {
    }
    work_.reset();
    owned_io_.reset();
}

void SimLoop::run_ready() {
    // Tasks that only ever wake each other would never let time pass.
    constexpr uint64_t handlers_max = 50'000'000;
    uint64_t handlers = 0;
    while (const size_t ran = io_.poll()) {
        handlers += ran;
        ASSERT(handlers < handlers_max, "the loop never comes to rest");
    }
}

bool SimLoop::step() {
    run_ready();
    const auto next = clock_.timers_.next();
    if (!next) return false;
    ASSERT(*next >= clock_.now_, "time does not go back");
    clock_.now_ = *next;
    auto due = clock_.timers_.pop(*next);
    ASSERT(due.has_value());
    trace_.note(static_cast<uint64_t>(clock_.now_.count()));
    trace_.note(due->id);
    boost::asio::post(io_, std::move(due->callback));
    run_ready();
    return true;
}

void SimLoop::run_for(Nanos duration) {
    const Nanos end = clock_.now_ + duration;
    run_ready();
    while (true) {
        const auto next = clock_.timers_.next();
        if (!next || *next > end) break;
        step();
    }
    clock_.now_ = end;
}

bool SimLoop::run_until(const std::function<bool()>& done, Nanos limit) {
    const Nanos end = clock_.now_ + limit;
    run_ready();
    while (!done()) {
        const auto next = clock_.timers_.next();
        if (!next || *next > end) return false;
        step();
    }
    return true;
}

}  // namespace barnabas
