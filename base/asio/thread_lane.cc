// SPDX-License-Identifier: Apache-2.0
// ThreadLane's queue: a vector that the thread swaps for an empty one, under a lock held for a
// moment.
#include "base/asio/thread_lane.h"

#include <utility>

#include "base/asio/thread_start.h"
#include "base/assert.h"

namespace barnabas {

ThreadLane::ThreadLane(const std::string& name) {
    thread_ = start_thread(name, [this] { run(); });
}

ThreadLane::~ThreadLane() {
    ASSERT(thread_.get_id() != std::this_thread::get_id(), "a lane does not end itself");
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
    ASSERT(depth() == 0);
}

void ThreadLane::post(Job job) {
    ASSERT(job != nullptr);
    bool asleep = false;
    depth_.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(mutex_);
        queued_.push_back(std::move(job));
        // Only the first job after a pause pays for waking the thread.
        asleep = std::exchange(sleeping_, false);
    }
    if (asleep) wake_.notify_one();
}

bool ThreadLane::take(std::vector<Job>& batch) {
    std::unique_lock lock(mutex_);
    while (queued_.empty()) {
        if (ending_) return false;
        sleeping_ = true;
        wake_.wait(lock);
    }
    sleeping_ = false;
    batch.swap(queued_);
    return true;
}

void ThreadLane::run() {
    std::vector<Job> batch;
    while (take(batch)) {
        for (Job& job : batch) {
            job();
            // What the job holds is let go before the next one runs.
            job = nullptr;
            depth_.fetch_sub(1, std::memory_order_release);
        }
        batch.clear();
    }
}

}  // namespace barnabas
