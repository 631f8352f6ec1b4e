// SPDX-License-Identifier: Apache-2.0
// ThreadLane: a lane with one thread of its own, asleep while there is nothing to do. A busy lane
// takes all waiting jobs at once and is not woken for each. With a loop that lends its thread,
// quick jobs of a lane that has nothing else to do run there, all that one turn of the loop posted
// together; a loop that gets stuck in one moves on (loop_guard.h), and for a while the lane's own
// thread does all of them.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/real_lane.h"

namespace barnabas {

class LoopGuard;

class ThreadLane final : public RealLane {
  public:
    // `name` is what the thread is called in tools (at most 15 characters are shown). `loop`, if
    // any, is where post_quick() is called, and outlives the lane.
    explicit ThreadLane(const std::string& name, LoopGuard* loop = nullptr);
    ThreadLane(const ThreadLane&) = delete;
    ThreadLane& operator=(const ThreadLane&) = delete;
    // Runs what is queued and joins. Goes before the loops that its jobs report to.
    ~ThreadLane() override;

    void post(Job job) override;
    void post_quick(Job job) override;
    // Who sees 0 sees all that the jobs did.
    size_t depth() const override;

  private:
    struct State;

    // Shared with a turn on the loop that may come when the lane is gone.
    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace barnabas
