// SPDX-License-Identifier: Apache-2.0
// ThreadLane: a Lane with one thread of its own, asleep while there is nothing to do. A busy lane
// takes all waiting jobs at once and is not woken for each.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/lane.h"

namespace barnabas {

class ThreadLane final : public Lane {
  public:
    // `name` is what the thread is called in tools (at most 15 characters are shown).
    explicit ThreadLane(const std::string& name);
    ThreadLane(const ThreadLane&) = delete;
    ThreadLane& operator=(const ThreadLane&) = delete;
    // Runs what is queued and joins. Goes before the loops that its jobs report to.
    ~ThreadLane() override;

    void post(Job job) override;
    // Who sees 0 sees all that the jobs did.
    size_t depth() const override { return depth_.load(std::memory_order_acquire); }

  private:
    void run();
    // Moves all queued jobs to `batch`, sleeping until there are some; false at the end.
    bool take(std::vector<Job>& batch);

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Job> queued_;
    bool sleeping_ = false;
    bool ending_ = false;
    std::atomic<size_t> depth_{0};
    std::thread thread_;
};

}  // namespace barnabas
