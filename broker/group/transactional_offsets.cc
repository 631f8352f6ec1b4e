// SPDX-License-Identifier: Apache-2.0
// TransactionalOffsets: two indexes, by group and by producer, kept in step.
#include "broker/group/transactional_offsets.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas::broker {

const std::vector<TransactionalOffsets::Held>* TransactionalOffsets::find(
    std::string_view group, const OffsetKey& key) const {
    const auto keys = groups_.find(group);
    if (keys == groups_.end()) return nullptr;
    const auto held = keys->second.find(key);
    return held == keys->second.end() ? nullptr : &held->second;
}

std::vector<TransactionalOffsets::Held>* TransactionalOffsets::find(std::string_view group,
                                                                    const OffsetKey& key) {
    return const_cast<std::vector<Held>*>(std::as_const(*this).find(group, key));
}

void TransactionalOffsets::hold(ProducerId producer, const std::string& group, const OffsetKey& key,
                                CommittedOffset offset) {
    if (const auto at = producers_.find(producer);
        at != producers_.end() && at->second.contains({group, key}))
        drop(producer, group, key);
    groups_[group][key].push_back({producer, std::move(offset)});
    producers_[producer].emplace(group, key);
}

std::vector<TransactionalOffsets::Settled> TransactionalOffsets::end(ProducerId producer,
                                                                     bool commit) {
    const auto found = producers_.find(producer);
    if (found == producers_.end()) return {};
    std::vector<Settled> settled;
    const auto mine = found->second;
    for (const auto& [group, key] : mine) {
        std::vector<Held>* held = find(group, key);
        ASSERT(held != nullptr, "both indexes know it");
        const auto own = std::ranges::find(*held, producer, &Held::producer);
        ASSERT(own != held->end());
        if (commit && !own->superseded) {
            settled.push_back({group, key, std::move(own->offset)});
            for (auto earlier = held->begin(); earlier != own; ++earlier)
                earlier->superseded = true;
        }
        drop(producer, group, key);
    }
    ASSERT(!producers_.contains(producer));
    return settled;
}

std::set<std::string> TransactionalOffsets::groups_of(ProducerId producer) const {
    std::set<std::string> groups;
    const auto found = producers_.find(producer);
    if (found == producers_.end()) return groups;
    for (const auto& [group, key] : found->second) groups.insert(group);
    return groups;
}

void TransactionalOffsets::supersede(std::string_view group, const OffsetKey& key) {
    std::vector<Held>* held = find(group, key);
    if (held == nullptr) return;
    for (Held& one : *held) one.superseded = true;
}

void TransactionalOffsets::forget(const std::string& group, const OffsetKey& key) {
    while (const std::vector<Held>* held = find(group, key))
        drop(held->front().producer, group, key);
}

bool TransactionalOffsets::has(std::string_view group, const OffsetKey& key) const {
    return find(group, key) != nullptr;
}

std::vector<OffsetKey> TransactionalOffsets::of(std::string_view group) const {
    std::vector<OffsetKey> result;
    const auto keys = groups_.find(group);
    if (keys == groups_.end()) return result;
    for (const auto& [key, held] : keys->second) result.push_back(key);
    return result;
}

void TransactionalOffsets::drop(ProducerId producer, const std::string& group,
                                const OffsetKey& key) {
    const auto keys = groups_.find(group);
    ASSERT(keys != groups_.end());
    const auto held = keys->second.find(key);
    ASSERT(held != keys->second.end());
    std::erase_if(held->second, [&](const Held& one) { return one.producer == producer; });
    if (held->second.empty()) keys->second.erase(held);
    if (keys->second.empty()) groups_.erase(keys);
    const auto of_producer = producers_.find(producer);
    ASSERT(of_producer != producers_.end());
    of_producer->second.erase({group, key});
    if (of_producer->second.empty()) producers_.erase(of_producer);
}

}  // namespace barnabas::broker
