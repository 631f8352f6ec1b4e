// SPDX-License-Identifier: Apache-2.0
// TransactionalOffsets: offsets that producers have committed in transactions of which nobody knows
// yet whether they commit. Part of what replaying a partition of __consumer_offsets gives; calls
// come in the order of the log. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/group/committed_offset.h"

namespace barnabas::broker {

class TransactionalOffsets {
  public:
    // An offset whose transaction has committed.
    struct Settled {
        std::string group{};
        OffsetKey key{};
        CommittedOffset offset{};
    };

    // In place of what the same transaction has committed there before.
    void hold(ProducerId producer, const std::string& group, const OffsetKey& key,
              CommittedOffset offset);
    // Ends the producer's transaction. With `commit` gives the offsets that count from now on: not
    // those behind which somebody else has committed for the same partition, because whatever is
    // later in the log wins.
    std::vector<Settled> end(ProducerId producer, bool commit);
    // The groups of that transaction.
    std::set<std::string> groups_of(ProducerId producer) const;
    // Somebody committed outside of transactions.
    void supersede(std::string_view group, const OffsetKey& key);
    // The offset was deleted; those of open transactions go with it.
    void forget(const std::string& group, const OffsetKey& key);

    bool has(std::string_view group, const OffsetKey& key) const;
    bool has(std::string_view group) const { return groups_.contains(group); }
    // The partitions of which has() is true.
    std::vector<OffsetKey> of(std::string_view group) const;
    // Calls visit(group, key, offset) for every offset.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& [group, keys] : groups_)
            for (const auto& [key, held] : keys)
                for (const Held& one : held) visit(group, key, one.offset);
    }
    friend bool operator==(const TransactionalOffsets&, const TransactionalOffsets&) = default;

  private:
    struct Held {
        ProducerId producer;
        CommittedOffset offset;
        bool superseded = false;
        friend bool operator==(const Held&, const Held&) = default;
    };
    using Keys = std::map<OffsetKey, std::vector<Held>>;  // in the order of the log

    const std::vector<Held>* find(std::string_view group, const OffsetKey& key) const;
    std::vector<Held>* find(std::string_view group, const OffsetKey& key);
    void drop(ProducerId producer, const std::string& group, const OffsetKey& key);

    std::map<std::string, Keys, std::less<>> groups_;
    std::map<ProducerId, std::set<std::pair<std::string, OffsetKey>>> producers_;
};

}  // namespace barnabas::broker
