// SPDX-License-Identifier: Apache-2.0
// WorkLanes: lanes for work whose order does not matter (making, renaming, closing partitions,
// waiting for the fsync of a log), which is mostly waiting for the disk: several at a time share
// one commit of its journal, and appends do not wait behind them. Made when needed, ended when
// idle. One thread at a time uses them.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
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

// Takes from the end of `left` what one of `lanes` does between two words with the loop: at most
// `most`, and fewer towards the end, so that no lane has the last ones alone.
template <class T>
std::vector<T> take_share(std::vector<T>& left, size_t lanes, size_t most) {
    const size_t count = std::min(left.size() / (4 * std::max<size_t>(lanes, 1)) + 1, most);
    std::vector<T> taken;
    for (size_t i = 0; i < count && !left.empty(); ++i) {
        taken.push_back(std::move(left.back()));
        left.pop_back();
    }
    return taken;
}

}  // namespace barnabas::storage
