// SPDX-License-Identifier: Apache-2.0
// Shard: one loop with its clock, on one thread, and all that lives there. Crossing from one to
// another is explicit: co_await on(shard, fn), once per request and shard, never per record. Real
// shards own a thread (base/asio/thread_shard.h); simulated ones share one (base/sim/sim_shard.h).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/hop.h"
#include "base/task.h"

namespace barnabas {

class Shard {
  public:
    virtual ~Shard() = default;
    virtual size_t index() const = 0;
    virtual boost::asio::any_io_executor executor() const = 0;
    virtual Clock& clock() = 0;
    // True if the caller runs on this shard, so that no hop is needed.
    virtual bool is_current() const = 0;
};

// All shards of a process, fixed for its life.
class Shards {
  public:
    virtual ~Shards() = default;
    virtual size_t size() const = 0;
    virtual Shard& at(size_t index) = 0;
    // The shard where the thing with this hash lives.
    Shard& home_of(uint64_t hash) { return at(static_cast<size_t>(hash % size())); }
};

// Runs `fn` (no arguments, not a coroutine, never blocks) on `target` and resumes the caller on its
// own shard; at once if that is where the caller is. What `fn` refers to must live until the task
// completes.
template <class F>
Task<std::invoke_result_t<F&>> on(Shard& target, F fn) {
    if (target.is_current()) co_return fn();
    auto submit = [executor = target.executor()](auto job) {
        boost::asio::post(executor, std::move(job));
    };
    auto hop = run_elsewhere(std::move(submit), std::move(fn));
    co_return co_await std::move(hop);
}

}  // namespace barnabas
