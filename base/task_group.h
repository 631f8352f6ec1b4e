// SPDX-License-Identifier: Apache-2.0
// TaskGroup: owns running tasks of one shard. stop() tells them to end and waits until all have,
// with a deadline; nothing in the project runs outside a group.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"

namespace barnabas {

class TaskGroup {
  public:
    TaskGroup(boost::asio::any_io_executor executor, Clock& clock);
    ~TaskGroup();  // ASSERTs that no task is left

    // Starts `task` (refused after stop() began: the task is dropped unstarted and false is given).
    bool spawn(Task<void> task);
    // Runs the hooks of on_stop(), then waits for all tasks; true if all ended before `deadline`.
    Task<bool> stop(Nanos deadline);
    // `hook` runs once when stop() begins: closes a socket, notifies a Signal. Gives a handle to
    // remove it with.
    uint64_t on_stop(std::function<void()> hook);
    void remove_hook(uint64_t handle);
    bool stopping() const { return stopping_; }
    size_t size() const { return running_; }

  private:
    struct Shared;
    boost::asio::any_io_executor executor_;
    Clock& clock_;
    std::shared_ptr<Signal> ended_;
    std::list<std::pair<uint64_t, std::function<void()>>> hooks_;
    uint64_t next_hook_ = 1;
    size_t running_ = 0;
    bool stopping_ = false;
};

}  // namespace barnabas
