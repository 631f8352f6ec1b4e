// SPDX-License-Identifier: Apache-2.0
// TimerQueue: the timers of one clock in order of deadline, then of creation. Knows no time of its
// own: the clock says what is due. Shared by the real and the virtual clock; one thread uses it.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"

namespace barnabas {

class TimerQueue {
  public:
    Clock::TimerId add(Nanos deadline, Clock::Callback callback) {
        ASSERT(callback != nullptr);
        const Clock::TimerId id = next_id_++;
        timers_.emplace(Key{deadline, id}, std::move(callback));
        deadlines_.emplace(id, deadline);
        return id;
    }

    // True if the timer was still here.
    bool cancel(Clock::TimerId id) {
        const auto found = deadlines_.find(id);
        if (found == deadlines_.end()) return false;
        // Taken out first and destroyed last: a callback's destructor may come back to this queue.
        const auto node = timers_.extract(Key{found->second, id});
        deadlines_.erase(found);
        ASSERT(!node.empty(), "both maps hold the same timers");
        return true;
    }

    // The earliest deadline.
    std::optional<Nanos> next() const {
        if (timers_.empty()) return std::nullopt;
        return timers_.begin()->first.first;
    }

    struct Due {
        Clock::TimerId id = 0;
        Clock::Callback callback;
    };
    // Takes out the earliest timer if its deadline is not after `now`.
    std::optional<Due> pop(Nanos now) {
        if (timers_.empty() || timers_.begin()->first.first > now) return std::nullopt;
        auto node = timers_.extract(timers_.begin());
        const Clock::TimerId id = node.key().second;
        deadlines_.erase(id);
        return Due{id, std::move(node.mapped())};
    }

    size_t size() const { return timers_.size(); }

  private:
    using Key = std::pair<Nanos, Clock::TimerId>;
    std::map<Key, Clock::Callback> timers_;
    std::unordered_map<Clock::TimerId, Nanos> deadlines_;
    Clock::TimerId next_id_ = 1;
};

}  // namespace barnabas
