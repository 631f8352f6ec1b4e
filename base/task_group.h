// SPDX-License-Identifier: Apache-2.0
// TaskGroup: owns running tasks of one shard. stop() tells them to end and waits until all have,
// with a deadline; nothing in the project runs outside a group.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"

namespace barnabas {

class TaskGroup {
  public:
    TaskGroup(boost::asio::any_io_executor executor, Clock& clock);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();  // ASSERTs that no task is left

    // Starts `task` (refused after stop() began: the task is dropped unstarted and false is given).
    // Called on the group's loop, the task runs to its first suspension before spawn() returns. An
    // exception that escapes a task ends the process.
    bool spawn(Task<void> task);
    // Runs the hooks of on_stop(), then waits for all tasks; true if all ended before `deadline`.
    // Never awaited by a task of the same group.
    Task<bool> stop(Nanos deadline);
    // `hook` runs once when stop() begins (at once if it has begun): closes a socket, notifies a
    // Signal. Gives a handle to remove it with.
    uint64_t on_stop(std::function<void()> hook);
    void remove_hook(uint64_t handle);
    bool stopping() const { return stopping_; }
    size_t size() const { return running_; }

  private:
    boost::asio::any_io_executor executor_;
    Signal ended_;
    std::map<uint64_t, std::function<void()>> hooks_;
    uint64_t next_hook_ = 1;
    size_t running_ = 0;
    bool stopping_ = false;
};

// A hook that is removed when its owner goes away.
class StopHook {
  public:
    StopHook(TaskGroup& group, std::function<void()> hook)
        : group_(group), handle_(group.on_stop(std::move(hook))) {}
    StopHook(const StopHook&) = delete;
    StopHook& operator=(const StopHook&) = delete;
    ~StopHook() { group_.remove_hook(handle_); }

  private:
    TaskGroup& group_;
    uint64_t handle_;
};

}  // namespace barnabas
