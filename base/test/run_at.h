// SPDX-License-Identifier: Apache-2.0
// run_at: what tests of real threads wait with. Never runs anything on the test's own thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <future>
#include <utility>

#include "base/asio/thread_shard.h"
#include "base/task.h"

namespace barnabas {

// Runs a task to its end on a shard that has a thread. What escapes from it is thrown here.
inline void run_at(ThreadShard& shard, Task<void> task) {
    std::promise<void> ended;
    auto on_end = [&ended](std::exception_ptr escaped) {
        if (escaped) return ended.set_exception(escaped);
        ended.set_value();
    };
    boost::asio::co_spawn(shard.io(), std::move(task), on_end);
    ended.get_future().get();
}

}  // namespace barnabas
