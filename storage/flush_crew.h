// SPDX-License-Identifier: Apache-2.0
// FlushCrew: lanes that help a directory's lane to wait for several fsyncs at a time, which then
// share one commit of the file system's journal. Belongs to the lane, which stands still meanwhile:
// what the helpers touch is still touched by one thread at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <vector>

#include "base/lane.h"

namespace barnabas::storage {

class FlushCrew {
  public:
    using MakeLane = std::function<std::unique_ptr<Lane>()>;

    // At most `helpers_max` lanes, made when they are wanted; they have to be real ones. 0: no
    // help.
    FlushCrew(MakeLane make, size_t helpers_max)
        : make_(std::move(make)), helpers_max_(make_ == nullptr ? 0 : helpers_max) {}

    // Calls `work` with 0 to count - 1, in any order, some at a time; returns when all is done.
    template <class Work>
    void run(size_t count, const Work& work) {
        const size_t helpers = std::min(count > 0 ? count - 1 : 0, helpers_max_);
        std::atomic<size_t> next{0};
        const auto take = [&next, &work, count] {
            for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
        };
        // Shared, because a helper may still be inside count_down() when wait() has returned.
        const auto done = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(helpers));
        while (lanes_.size() < helpers) lanes_.push_back(make_());
        for (size_t i = 0; i < helpers; ++i) {
            lanes_[i]->post([&take, done] {
                take();
                done->count_down();
            });
        }
        take();
        done->wait();
    }

  private:
    const MakeLane make_;
    const size_t helpers_max_;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace barnabas::storage
