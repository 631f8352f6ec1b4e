// SPDX-License-Identifier: Apache-2.0
// PendingCommits: which offsets of which groups are on their way into the log. What is removed
// meanwhile (expiry, deletion) must know of them: a tombstone that is written behind a commit would
// take it away. Owned by a loaded partition of __consumer_offsets; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"

namespace barnabas::broker {

class PendingCommits {
  public:
    // Topic and partition of a committed offset.
    using Key = std::pair<std::string, PartitionIndex>;

    void begin(const std::string& group, const std::vector<Key>& keys) {
        for (const Key& key : keys) ++groups_[group][key];
    }
    void end(const std::string& group, const std::vector<Key>& keys) {
        const auto found = groups_.find(group);
        if (keys.empty()) return;
        ASSERT(found != groups_.end(), "what ends has begun");
        for (const Key& key : keys) {
            const auto one = found->second.find(key);
            ASSERT(one != found->second.end());
            if (--one->second == 0) found->second.erase(one);
        }
        if (found->second.empty()) groups_.erase(found);
    }
    bool has(std::string_view group, const Key& key) const {
        const auto found = groups_.find(group);
        return found != groups_.end() && found->second.contains(key);
    }
    std::vector<Key> of(std::string_view group) const {
        std::vector<Key> keys;
        if (const auto found = groups_.find(group); found != groups_.end())
            for (const auto& [key, count] : found->second) keys.push_back(key);
        return keys;
    }

  private:
    std::map<std::string, std::map<Key, int>, std::less<>> groups_;
};

}  // namespace barnabas::broker
