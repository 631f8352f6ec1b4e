// SPDX-License-Identifier: Apache-2.0
// SimLane: a Lane without a thread. Jobs run on the SimLoop, in order, each after a drawn virtual
// delay; stuck() lets them wait as behind a disk that does not answer.
#pragma once

#include <deque>

#include "base/lane.h"
#include "base/sim/sim_loop.h"

namespace barnabas {

class SimLane final : public Lane {
  public:
    // What one job takes, drawn evenly from [delay_min, delay_max].
    explicit SimLane(SimLoop& loop, Nanos delay_min = std::chrono::microseconds(10),
                     Nanos delay_max = std::chrono::microseconds(200));
    SimLane(const SimLane&) = delete;
    SimLane& operator=(const SimLane&) = delete;
    // Runs what is queued, as a real lane does; a stuck lane drops it, as a killed process does.
    ~SimLane() override;

    void post(Job job) override;
    size_t depth() const override { return jobs_.size() + (running_ ? 1 : 0); }

    // No job begins until release().
    void stuck() { stuck_ = true; }
    void release();
    uint64_t finished() const { return finished_; }

  private:
    void schedule();
    void run_next();

    SimLoop& loop_;
    Nanos delay_min_;
    Nanos delay_max_;
    std::deque<Job> jobs_;
    Clock::TimerId timer_ = 0;
    bool stuck_ = false;
    bool running_ = false;
    uint64_t finished_ = 0;
};

}  // namespace barnabas
