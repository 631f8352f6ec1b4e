// SPDX-License-Identifier: Apache-2.0
// Signal's waiters: each is a suspended task and, unless it waits without end, a timer of the
// clock.
#include "base/signal.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace barnabas {

Signal::~Signal() {
    while (!waiters_.empty()) wake(waiters_.begin(), false);
}

void Signal::notify_all() {
    while (!waiters_.empty()) wake(waiters_.begin(), true);
}

bool Signal::notify_one() {
    if (waiters_.empty()) return false;
    wake(waiters_.begin(), true);
    return true;
}

Task<bool> Signal::wait_until(Nanos deadline) {
    const auto home = co_await boost::asio::this_coro::executor;
    auto start = [this, home, deadline](Handler handler) {
        add_waiter(home, deadline, std::move(handler));
    };
    auto waiting = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        std::move(start), boost::asio::use_awaitable);
    // The Signal may be gone when this resumes: nothing of it is touched afterwards.
    co_return co_await std::move(waiting);
}

void Signal::add_waiter(boost::asio::any_io_executor home, Nanos deadline, Handler handler) {
    waiters_.push_back({.home = std::move(home), .handler = std::move(handler)});
    const auto waiter = std::prev(waiters_.end());
    if (deadline == Nanos::max()) return;
    auto expire = [this, waiter] {
        waiter->timer = 0;
        wake(waiter, false);
    };
    waiter->timer = clock_.call_at(deadline, std::move(expire));
    ASSERT(waiter->timer != 0, "0 means no timer");
}

void Signal::wake(Waiters::iterator waiter, bool notified) {
    ASSERT(waiter->handler, "a waiter is woken once");
    if (waiter->timer != 0) clock_.cancel(waiter->timer);
    const auto home = std::move(waiter->home);
    auto resume = [handler = std::move(waiter->handler), notified]() mutable {
        std::move(handler)(notified);
    };
    waiters_.erase(waiter);
    boost::asio::post(home, std::move(resume));
}

}  // namespace barnabas
