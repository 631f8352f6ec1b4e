// SPDX-License-Identifier: Apache-2.0
// WorkLanes: lanes for work on single partitions whose order does not matter (making, renaming,
// closing them), which is mostly waiting for fsync: several at a time share the disk's journal, and
// appends do not wait behind them. Made when needed, ended when idle. Lives on the loop.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/lane.h"

namespace barnabas::storage {

class WorkLanes {
  public:
    WorkLanes(std::function<std::unique_ptr<Lane>()> make, size_t count_max)
        : make_(std::move(make)), count_max_(std::max<size_t>(count_max, 1)) {}

    // The lane with the least to do. Valid until the next drop_idle().
    Lane& pick() {
        used_ = true;
        const auto least = std::ranges::min_element(
            lanes_, {}, [](const std::unique_ptr<Lane>& lane) { return lane->depth(); });
        const bool any_free = least != lanes_.end() && (*least)->depth() == 0;
        if (any_free || lanes_.size() == count_max_) return **least;
        lanes_.push_back(make_());
        ASSERT(lanes_.size() <= count_max_);
        return *lanes_.back();
    }
    size_t count_max() const { return count_max_; }

    // Called now and then: ends the lanes if none was wanted since the last call.
    void drop_idle() {
        if (std::exchange(used_, false)) return;
        std::erase_if(lanes_, [](const auto& lane) { return lane->depth() == 0; });
    }
    // Waits for the jobs that run.
    void close() { lanes_.clear(); }

  private:
    const std::function<std::unique_ptr<Lane>()> make_;
    const size_t count_max_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    bool used_ = false;
};

}  // namespace barnabas::storage
