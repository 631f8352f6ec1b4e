// SPDX-License-Identifier: Apache-2.0
// FlushCrew: lanes that wait for fsyncs, several at a time, so that these share one commit of the
// file system's journal and the directory's own lane goes on with appends meanwhile. Belongs to
// that lane. What a helper is given touches a file and nothing else.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "base/lane.h"

namespace barnabas::storage {

class FlushCrew {
  public:
    using MakeLane = std::function<std::unique_ptr<Lane>()>;

    // At most `helpers_max` lanes, made when they are wanted. 0: no help.
    FlushCrew(MakeLane make, size_t helpers_max)
        : make_(std::move(make)), helpers_max_(make_ == nullptr ? 0 : helpers_max) {}

    bool helps() const { return helpers_max_ > 0; }
    // The helper that has least to do; only where there is help.
    Lane& helper() {
        const auto depth = [](const std::unique_ptr<Lane>& lane) { return lane->depth(); };
        const auto least = std::ranges::min_element(lanes_, {}, depth);
        const bool all_busy = least == lanes_.end() || depth(*least) > 0;
        if (!all_busy || lanes_.size() == helpers_max_) return **least;
        return *lanes_.emplace_back(make_());
    }
    // Waits for the helpers' jobs and ends them.
    void end() { lanes_.clear(); }

  private:
    const MakeLane make_;
    const size_t helpers_max_;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace barnabas::storage
