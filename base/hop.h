// SPDX-License-Identifier: Apache-2.0
// Running a plain function on another thread and coming home with what it gave: the common part of
// run_on(lane, fn) and on(shard, fn). The coroutine itself never leaves its own thread.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/task.h"

namespace barnabas {

// What a function gave on another thread, until its caller takes it.
template <class T>
class HopResult {
  public:
    template <class F>
    void run(F& fn) {
        value_.emplace(fn());
    }
    T take() { return std::move(*value_); }

  private:
    std::optional<T> value_;
};
template <>
class HopResult<void> {
  public:
    template <class F>
    void run(F& fn) {
        fn();
    }
    void take() {}
};

// `submit` takes a move-only job and runs it elsewhere, exactly once. The job is submitted before
// the first suspension when the returned task is awaited at once. The job owns the waiting
// coroutine's frame, so that `fn` lives until it ran.
template <class Submit, class F>
Task<std::invoke_result_t<F&>> run_elsewhere(Submit submit, F fn) {
    using Token = const boost::asio::use_awaitable_t<>;
    const auto home = co_await boost::asio::this_coro::executor;
    HopResult<std::invoke_result_t<F&>> result;
    auto start = [&submit, &fn, &result, &home](auto handler) {
        auto job = [&fn, &result, home, handler = std::move(handler)]() mutable {
            result.run(fn);
            boost::asio::post(home, std::move(handler));
        };
        submit(std::move(job));
    };
    auto waiting =
        boost::asio::async_initiate<Token, void()>(std::move(start), boost::asio::use_awaitable);
    co_await std::move(waiting);
    co_return result.take();
}

}  // namespace barnabas
