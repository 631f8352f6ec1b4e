// SPDX-License-Identifier: Apache-2.0
// Deadlines for work that does not know them. DeadlineGuard ends an operation by closing what it
// works on (the way for streams); with_deadline() stops waiting for a task and leaves it to its
// group. Nothing here cancels a task in the middle: that would skip its own clean-up.
#pragma once

#include <cerrno>
#include <expected>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/task_group.h"

namespace barnabas {

// Runs `on_expiry` on the shard when the deadline passes while this lives:
//     DeadlineGuard guard(clock, deadline, [&stream] { stream.close(); });
//     const auto count = co_await stream.read_some(buffer);   // fails when closed
//     if (guard.expired()) ...
class DeadlineGuard {
  public:
    DeadlineGuard(Clock& clock, Nanos deadline, Clock::Callback on_expiry)
        : clock_(clock), on_expiry_(std::move(on_expiry)) {
        timer_ = clock_.call_at(deadline, [this] {
            expired_ = true;
            // The callback may end this guard.
            auto run = std::move(on_expiry_);
            run();
        });
    }
    DeadlineGuard(const DeadlineGuard&) = delete;
    DeadlineGuard& operator=(const DeadlineGuard&) = delete;
    ~DeadlineGuard() { clock_.cancel(timer_); }
    bool expired() const { return expired_; }

  private:
    Clock& clock_;
    Clock::Callback on_expiry_;
    Clock::TimerId timer_ = 0;
    bool expired_ = false;
};

namespace deadline_detail {

// Task<Result<T>> stays Result<T>, Task<T> becomes Result<T>.
template <class T>
struct ResultOf {
    using type = Result<T>;
};
template <class T>
struct ResultOf<Result<T>> {
    using type = Result<T>;
};

// Shared by the task, which may go on after the deadline, and by who waits for it.
template <class R>
struct Outcome {
    explicit Outcome(Clock& clock) : ended(clock) {}
    std::optional<R> result;
    Signal ended;
};

template <class T, class R>
Task<void> run_into(std::shared_ptr<Outcome<R>> outcome, Task<T> task) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(task);
        outcome->result.emplace();
    } else {
        outcome->result.emplace(co_await std::move(task));
    }
    outcome->ended.notify_all();
}

}  // namespace deadline_detail

// Runs `task` in `group` and gives its result, or request_timed_out if it takes beyond `deadline`.
// Then the task goes on and its result is dropped: it may refer only to what outlives the group's
// tasks, nothing of the caller's. A group that is stopping gives unknown_server_error (ECANCELED).
template <class T>
Task<typename deadline_detail::ResultOf<T>::type> with_deadline(TaskGroup& group, Clock& clock,
                                                                Nanos deadline, Task<T> task) {
    using R = typename deadline_detail::ResultOf<T>::type;
    const auto outcome = std::make_shared<deadline_detail::Outcome<R>>(clock);
    if (!group.spawn(deadline_detail::run_into<T, R>(outcome, std::move(task))))
        co_return fail(ErrorCode::unknown_server_error, "task group stopping", ECANCELED);
    if (!outcome->result) co_await outcome->ended.wait_until(deadline);
    if (!outcome->result) co_return fail(ErrorCode::request_timed_out, "deadline", ETIMEDOUT);
    co_return std::move(*outcome->result);
}

}  // namespace barnabas
