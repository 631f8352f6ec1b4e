// SPDX-License-Identifier: Apache-2.0
// Lane: a serial executor for blocking work (disk, recovery), off the loop. Jobs run one at a time
// in the order they were posted. One lane per log directory, so that a stuck disk delays only
// itself. Real lanes own a thread (base/asio/thread_lane.h); simulated ones run on the loop after a
// virtual delay and can be stuck on purpose (base/sim/sim_lane.h).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>
#include <type_traits>

#include "base/task.h"

namespace barnabas {

class Lane {
  public:
    using Job = std::move_only_function<void()>;

    virtual ~Lane() = default;
    // Queues `job`; callable from any thread. Order of calls from one thread is order of execution.
    virtual void post(Job job) = 0;
    // Jobs queued or running now: what back-pressure and metrics look at.
    virtual size_t depth() const = 0;
};

// Runs `fn` (no arguments, not a coroutine) on the lane and resumes the caller on its own executor.
// The job is queued before the first suspension when the returned task is awaited at once.
template <class F>
Task<std::invoke_result_t<F&>> run_on(Lane& lane, F fn) {
    using T = std::invoke_result_t<F&>;
    const auto home = co_await boost::asio::this_coro::executor;
    if constexpr (std::is_void_v<T>) {
        auto start = [&lane, &fn, home](auto handler) {
            lane.post([&fn, home, handler = std::move(handler)]() mutable {
                fn();
                boost::asio::post(home, std::move(handler));
            });
        };
        co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void()>(
            start, boost::asio::use_awaitable);
    } else {
        std::optional<T> result;
        auto start = [&lane, &fn, &result, home](auto handler) {
            lane.post([&fn, &result, home, handler = std::move(handler)]() mutable {
                result.emplace(fn());
                boost::asio::post(home, std::move(handler));
            });
        };
        co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void()>(
            start, boost::asio::use_awaitable);
        co_return std::move(*result);
    }
}

}  // namespace barnabas
