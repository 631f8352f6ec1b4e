// SPDX-License-Identifier: Apache-2.0
// TaskGroup: counts its tasks and wakes stop() when the last one has ended.
#include "base/task_group.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"

namespace barnabas {
namespace {

// Tasks report by value; what is thrown is a broken invariant (or no memory), and ends the process.
void end_process_on(const std::exception_ptr& escaped) {
    if (!escaped) return;
    try {
        std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
        log_error("base", "exception escaped a task: {}", error.what());
    } catch (...) {
        log_error("base", "unknown exception escaped a task");
    }
    ASSERT(false, "a task let an exception escape");
}

}  // namespace

TaskGroup::TaskGroup(boost::asio::any_io_executor executor, Clock& clock)
    : executor_(std::move(executor)), ended_(clock) {}

TaskGroup::~TaskGroup() {
    ASSERT(running_ == 0, "stop() is awaited before the group goes away");
}

bool TaskGroup::spawn(Task<void> task) {
    if (stopping_) return false;
    ++running_;
    auto on_end = [this](std::exception_ptr escaped) {
        end_process_on(escaped);
        ASSERT(running_ > 0);
        if (--running_ == 0) ended_.notify_all();
    };
    boost::asio::co_spawn(executor_, std::move(task), std::move(on_end));
    return true;
}

Task<bool> TaskGroup::stop(Nanos deadline) {
    stopping_ = true;
    // A hook may remove others, so each is taken out just before it runs.
    while (!hooks_.empty()) {
        const auto hook = std::move(hooks_.begin()->second);
        hooks_.erase(hooks_.begin());
        hook();
    }
    while (running_ > 0) {
        const bool woken = co_await ended_.wait_until(deadline);
        if (!woken) co_return running_ == 0;
    }
    co_return true;
}

uint64_t TaskGroup::on_stop(std::function<void()> hook) {
    ASSERT(hook != nullptr);
    const uint64_t handle = next_hook_++;
    if (stopping_)
        hook();
    else
        hooks_.emplace(handle, std::move(hook));
    return handle;
}

void TaskGroup::remove_hook(uint64_t handle) {
    hooks_.erase(handle);
}

}  // namespace barnabas
