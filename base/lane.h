// SPDX-License-Identifier: Apache-2.0
// Lane: a serial executor for blocking work (disk, recovery), off the loop. Jobs run one at a time
// in the order they were posted. One lane per log directory, so that a stuck disk delays only
// itself. Real lanes own a thread (base/asio/thread_lane.h); simulated ones run on the loop after a
// virtual delay and can be stuck on purpose (base/sim/sim_lane.h).
#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include "base/hop.h"
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
// The job is queued before the first suspension when the returned task is awaited at once. The lane
// and what `fn` refers to must live until the task completes.
template <class F>
Task<std::invoke_result_t<F&>> run_on(Lane& lane, F fn) {
    auto submit = [&lane](auto job) { lane.post(std::move(job)); };
    return run_elsewhere(std::move(submit), std::move(fn));
}

}  // namespace barnabas
