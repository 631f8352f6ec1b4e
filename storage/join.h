// SPDX-License-Identifier: Apache-2.0
// Join: starts several tasks in a TaskGroup and waits until all of them have ended; they may start
// more. Lives on the loop, in the frame of the task that waits.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/signal.h"
#include "base/task_group.h"

namespace barnabas::storage {

class Join {
  public:
    Join(TaskGroup& group, Clock& clock) : group_(group), ended_(clock) {}

    void start(Task<void> task) {
        ++running_;
        if (!group_.spawn(run(std::move(task)))) --running_;
    }
    // No deadline: whoever started the tasks gives them theirs.
    Task<void> wait() {
        while (running_ > 0) co_await ended_.wait_until(Nanos::max());
    }

  private:
    Task<void> run(Task<void> task) {
        co_await std::move(task);
        --running_;
        ended_.notify_all();
    }

    TaskGroup& group_;
    Signal ended_;
    size_t running_ = 0;
};

}  // namespace barnabas::storage
