// SPDX-License-Identifier: Apache-2.0
// BoundedQueue: hands items from tasks to tasks of one shard, in order, with a maximum: a full
// queue makes its pushers wait or fail. Outlives the tasks that wait on it: close() ends their
// waits.
#pragma once

#include <cerrno>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task.h"

namespace barnabas {

template <class T>
class BoundedQueue {
  public:
    BoundedQueue(Clock& clock, size_t size_max)
        : size_max_(size_max), not_empty_(clock), not_full_(clock) {
        ASSERT(size_max > 0);
    }

    // False if full or closed; `item` is moved from only if true.
    bool try_push(T&& item) { return offer(item); }
    // Waits while full. Errors: request_timed_out (ETIMEDOUT); unknown_server_error (ECANCELED) if
    // closed.
    Task<Result<void>> push(T item, Nanos deadline) {
        while (!offer(item)) {
            if (closed_) co_return closed_error();
            const bool woken = co_await not_full_.wait_until(deadline);
            if (!woken && !closed_ && full()) co_return late_error();
        }
        co_return Result<void>{};
    }

    std::optional<T> try_pop() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        not_full_.notify_one();
        return item;
    }
    // Waits while empty. A closed queue still gives what is in it. Errors as those of push().
    Task<Result<T>> pop(Nanos deadline) {
        while (true) {
            if (auto item = try_pop()) co_return std::move(*item);
            if (closed_) co_return closed_error();
            const bool woken = co_await not_empty_.wait_until(deadline);
            if (!woken && !closed_ && items_.empty()) co_return late_error();
        }
    }

    // Refuses further items and ends all waits.
    void close() {
        closed_ = true;
        not_empty_.notify_all();
        not_full_.notify_all();
    }
    bool closed() const { return closed_; }
    size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    bool full() const { return items_.size() >= size_max_; }

  private:
    bool offer(T& item) {
        if (closed_ || full()) return false;
        items_.push_back(std::move(item));
        not_empty_.notify_one();
        return true;
    }
    static std::unexpected<Error> late_error() {
        return fail(ErrorCode::request_timed_out, "queue", ETIMEDOUT);
    }
    static std::unexpected<Error> closed_error() {
        return fail(ErrorCode::unknown_server_error, "queue closed", ECANCELED);
    }

    size_t size_max_;
    std::deque<T> items_;
    Signal not_empty_;
    Signal not_full_;
    bool closed_ = false;
};

}  // namespace barnabas
