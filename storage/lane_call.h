// SPDX-License-Identifier: Apache-2.0
// call_on_lane: run_on (base/lane.h) with a deadline. A stuck disk then delays its caller by that
// much and no more; the job itself runs on, so it owns everything it touches.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/lane.h"
#include "base/result.h"
#include "base/task.h"
#include "storage/one_shot.h"

namespace barnabas::storage {

// Runs `fn` (no arguments, gives a Result, owns or outlives what it uses) on `lane`;
// request_timed_out if it has not answered by `deadline`. The job is queued when the task is first
// awaited.
template <class F>
Task<std::invoke_result_t<F&>> call_on_lane(Clock& clock, Lane& lane, F fn, Nanos deadline) {
    using Outcome = std::invoke_result_t<F&>;
    const auto home = co_await boost::asio::this_coro::executor;
    auto shot = std::make_shared<OneShot<Outcome>>(clock);
    auto job = [home, shot, work = std::move(fn)]() mutable {
        auto deliver = [shot = std::move(shot), outcome = work()]() mutable {
            shot->set(std::move(outcome));
        };
        boost::asio::post(home, std::move(deliver));
    };
    lane.post(std::move(job));
    auto waiting = OneShot<Outcome>::wait(shot, deadline);
    auto outcome = co_await std::move(waiting);
    if (!outcome) co_return fail(ErrorCode::request_timed_out, "disk does not answer");
    co_return std::move(*outcome);
}

}  // namespace barnabas::storage
