// SPDX-License-Identifier: Apache-2.0
// SimLane: one timer at a time, for the job at the front.
#include "base/sim/sim_lane.h"

#include <utility>

namespace barnabas {

SimLane::SimLane(SimLoop& loop, Nanos delay_min, Nanos delay_max)
    : loop_(loop), delay_min_(delay_min), delay_max_(delay_max) {
    ASSERT(Nanos(0) <= delay_min && delay_min <= delay_max);
}

SimLane::~SimLane() {
    ASSERT(!running_, "a lane does not end itself");
    if (timer_ != 0) loop_.clock().cancel(timer_);
    if (stuck_) return;
    // Index by index: a job may post another one.
    while (!jobs_.empty()) {
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        job();
    }
}

void SimLane::post(Job job) {
    ASSERT(job != nullptr);
    jobs_.push_back(std::move(job));
    schedule();
}

void SimLane::release() {
    stuck_ = false;
    schedule();
}

void SimLane::schedule() {
    if (timer_ != 0 || running_ || stuck_ || jobs_.empty()) return;
    const auto span = static_cast<uint64_t>((delay_max_ - delay_min_).count());
    const Nanos delay = delay_min_ + Nanos(loop_.random().below(span + 1));
    timer_ = loop_.clock().call_at(loop_.clock().after(delay), [this] { run_next(); });
}

void SimLane::run_next() {
    timer_ = 0;
    if (stuck_) return;
    ASSERT(!jobs_.empty(), "jobs leave the queue only here");
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    running_ = true;
    job();
    job = nullptr;
    running_ = false;
    ++finished_;
    schedule();
}

}  // namespace barnabas
