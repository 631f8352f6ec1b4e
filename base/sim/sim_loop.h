// SPDX-License-Identifier: Apache-2.0
// SimLoop: the one thread of a simulation. Runs everything that is ready, then moves virtual time
// to the next timer, again and again. The same seed gives the same run. Tests make one, and on it
// whatever they need: SimDisk, SimLane, SimNetwork, SimShards.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "base/sim/sim_clock.h"
#include "base/sim/trace.h"
#include "base/task.h"

namespace barnabas {

class SimLoop {
  public:
    explicit SimLoop(uint64_t seed = 1);
    SimLoop(const SimLoop&) = delete;
    SimLoop& operator=(const SimLoop&) = delete;
    // Drops tasks that are still waiting.
    ~SimLoop();

    boost::asio::any_io_executor executor() { return io_.get_executor(); }
    SimClock& clock() { return clock_; }
    Random& random() { return random_; }
    Trace& trace() { return trace_; }

    // Runs what is ready; no time passes.
    void run_ready();
    // Runs what is ready, then the next timer and what follows from it; false if there is no timer.
    bool step();
    // Lets virtual time pass; ends exactly `duration` later.
    void run_for(Nanos duration);
    // Steps until `done` holds; false if `limit` of virtual time passed or nothing is left to do.
    bool run_until(const std::function<bool()>& done, Nanos limit = default_limit);
    // Runs `task` to its end and gives its result. ASSERTs if it does not end within `limit` of
    // virtual time, or waits for what can never come.
    template <class T>
    T run_until_done(Task<T> task, Nanos limit = default_limit);

    static constexpr Nanos default_limit = std::chrono::hours(24);

  private:
    // Ends before the clock: what tasks hold may still want to cancel a timer.
    std::unique_ptr<boost::asio::io_context> owned_io_ =
        std::make_unique<boost::asio::io_context>(1);
    boost::asio::io_context& io_ = *owned_io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    SimClock clock_;
    Random random_;
    Trace trace_;
};

template <class T>
T SimLoop::run_until_done(Task<T> task, Nanos limit) {
    std::exception_ptr escaped;
    bool ended = false;
    const auto has_ended = [&ended] { return ended; };
    if constexpr (std::is_void_v<T>) {
        auto on_end = [&](std::exception_ptr error) {
            escaped = error;
            ended = true;
        };
        boost::asio::co_spawn(io_, std::move(task), std::move(on_end));
        ASSERT(run_until(has_ended, limit), "the task never ends");
        if (escaped) std::rethrow_exception(escaped);
    } else {
        // Wrapped, because co_spawn makes a default T when an exception escapes.
        using Slot = std::optional<T>;
        Slot slot;
        auto keep = [](Task<T> inner) -> Task<Slot> {
            Slot result(co_await std::move(inner));
            co_return result;
        };
        auto on_end = [&](std::exception_ptr error, Slot result) {
            escaped = error;
            slot = std::move(result);
            ended = true;
        };
        boost::asio::co_spawn(io_, keep(std::move(task)), std::move(on_end));
        ASSERT(run_until(has_ended, limit), "the task never ends");
        if (escaped) std::rethrow_exception(escaped);
        return std::move(*slot);
    }
}

}  // namespace barnabas
