// SPDX-License-Identifier: Apache-2.0
// Running a plain function on another thread and coming home with what it gave: the common part of
// run_on(lane, fn) and on(shard, fn). The coroutine itself never leaves its own thread.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/task.h"

namespace barnabas {

// `submit` takes a move-only job and runs it elsewhere, exactly once. The job is submitted before
// the first suspension when the returned task is awaited at once. The job owns the waiting
// coroutine's frame, so that `fn` lives until it ran.
template <class Submit, class F>
Task<std::invoke_result_t<F&>> run_elsewhere(Submit submit, F fn) {
    using T = std::invoke_result_t<F&>;
    using Slot = std::conditional_t<std::is_void_v<T>, bool, std::optional<T>>;
    using Token = const boost::asio::use_awaitable_t<>;
    const auto home = co_await boost::asio::this_coro::executor;
    Slot slot{};
    auto start = [&submit, &fn, &slot, &home](auto handler) {
        auto job = [&fn, &slot, home, handler = std::move(handler)]() mutable {
            if constexpr (std::is_void_v<T>)
                fn();
            else
                slot.emplace(fn());
            boost::asio::post(home, std::move(handler));
        };
        submit(std::move(job));
    };
    auto waiting =
        boost::asio::async_initiate<Token, void()>(std::move(start), boost::asio::use_awaitable);
    co_await std::move(waiting);
    if constexpr (!std::is_void_v<T>) co_return std::move(*slot);
}

}  // namespace barnabas
