// SPDX-License-Identifier: Apache-2.0
// What all clocks share: sleeping, built on call_at.
#include "base/clock.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace barnabas {

Task<void> Clock::sleep(Nanos delay) {
    const Nanos deadline = after(delay);
    auto start = [this, deadline](boost::asio::any_completion_handler<void()> handler) {
        // The callback runs on the shard's loop, so that the task may resume right there.
        auto wake = [handler = std::move(handler)]() mutable { std::move(handler)(); };
        call_at(deadline, std::move(wake));
    };
    auto waiting = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(start), boost::asio::use_awaitable);
    co_await std::move(waiting);
}

}  // namespace barnabas
