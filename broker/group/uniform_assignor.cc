// SPDX-License-Identifier: Apache-2.0
// The uniform assignor. With one subscription for all, members keep up to a quota of what they had,
// and the rest is dealt out. With different ones, everybody keeps what it had, what is left goes to
// the subscriber with the least, and then partitions move as long as a move makes two members more
// equal: each move makes the sum of squares smaller, so this ends.
#include <algorithm>
#include <limits>
#include <queue>
#include <set>
#include <utility>

#include "base/assert.h"
#include "broker/group/assignor.h"

namespace barnabas::broker {
namespace {

constexpr uint32_t nobody = std::numeric_limits<uint32_t>::max();

// Who has which partition: by topic, by partition.
using Owners = std::vector<std::vector<uint32_t>>;

size_t total_partitions(const AssignmentQuestion& question) {
    size_t total = 0;
    for (const AssignmentTopic& topic : question.topics)
        total += static_cast<size_t>(topic.partitions);
    return total;
}

// What members had and may still have; of two who had the same partition the first keeps it.
Owners kept(const AssignmentQuestion& question, std::vector<uint32_t>& loads) {
    Owners owners;
    for (const AssignmentTopic& topic : question.topics)
        owners.emplace_back(static_cast<size_t>(topic.partitions), nobody);
    for (uint32_t member = 0; member < question.members.size(); ++member) {
        const AssignmentMember& one = question.members[member];
        if (one.had == nullptr) continue;
        for (const TopicIdPartition& at : *one.had) {
            const auto topic =
                std::ranges::lower_bound(question.topics, at.topic, {}, &AssignmentTopic::id);
            if (topic == question.topics.end() || topic->id != at.topic) continue;
            const auto index = static_cast<uint32_t>(topic - question.topics.begin());
            if (!std::ranges::binary_search(one.topics, index)) continue;
            if (at.partition.value < 0 || at.partition.value >= topic->partitions) continue;
            uint32_t& owner = owners[index][static_cast<size_t>(at.partition.value)];
            if (owner != nobody) continue;
            owner = member;
            ++loads[member];
        }
    }
    return owners;
}

AssignmentAnswer answer_of(const AssignmentQuestion& question, const Owners& owners) {
    AssignmentAnswer answer(question.members.size());
    for (size_t topic = 0; topic < owners.size(); ++topic)
        for (size_t partition = 0; partition < owners[topic].size(); ++partition) {
            const uint32_t owner = owners[topic][partition];
            if (owner == nobody) continue;
            answer[owner].push_back(
                {question.topics[topic].id, PartitionIndex{static_cast<int32_t>(partition)}});
        }
    return answer;
}

// All members are subscribed to all topics.
AssignmentAnswer assign_equal(const AssignmentQuestion& question) {
    const size_t members = question.members.size();
    std::vector<uint32_t> loads(members, 0);
    Owners owners = kept(question, loads);
    const size_t total = total_partitions(question);
    // Those who have most have the larger quotas: that way most can stay.
    std::vector<uint32_t> order(members);
    for (uint32_t i = 0; i < members; ++i) order[i] = i;
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        return loads[a] != loads[b] ? loads[a] > loads[b] : a < b;
    });
    std::vector<uint32_t> room(members);
    for (size_t i = 0; i < members; ++i)
        room[order[i]] = static_cast<uint32_t>(total / members + (i < total % members ? 1 : 0));
    for (auto& topic : owners)
        for (uint32_t& owner : topic) {
            if (owner == nobody) continue;
            if (room[owner] == 0)
                owner = nobody;
            else
                --room[owner];
        }
    uint32_t next = 0;
    for (auto& topic : owners)
        for (uint32_t& owner : topic) {
            if (owner != nobody) continue;
            while (room[next] == 0) next = (next + 1) % members;
            owner = next;
            --room[next];
            next = (next + 1) % members;
        }
    return answer_of(question, owners);
}

using Ordered = std::set<std::pair<uint32_t, uint32_t>>;  // load, member

void deal_out(const std::vector<uint32_t>& subscribers, std::vector<uint32_t>& topic,
              std::vector<uint32_t>& loads) {
    if (subscribers.empty() || std::ranges::find(topic, nobody) == topic.end()) return;
    Ordered by_load;
    for (const uint32_t member : subscribers) by_load.emplace(loads[member], member);
    for (uint32_t& owner : topic) {
        if (owner != nobody) continue;
        owner = by_load.extract(by_load.begin()).value().second;
        by_load.emplace(++loads[owner], owner);
    }
}

// True if something moved.
bool even_out(const std::vector<uint32_t>& subscribers, std::vector<uint32_t>& topic,
              std::vector<uint32_t>& loads) {
    Ordered takers, givers;
    std::vector<std::pair<uint32_t, std::vector<uint32_t>>> parts;  // member, its partitions
    for (const uint32_t member : subscribers) {
        takers.emplace(loads[member], member);
        parts.emplace_back(member, std::vector<uint32_t>());
    }
    std::ranges::sort(parts);
    const auto part_of = [&](uint32_t member) -> std::vector<uint32_t>& {
        return std::ranges::lower_bound(parts, member, {},
                                        [](const auto& one) { return one.first; })
            ->second;
    };
    for (uint32_t partition = 0; partition < topic.size(); ++partition)
        part_of(topic[partition]).push_back(partition);
    for (const auto& [member, partitions] : parts)
        if (!partitions.empty()) givers.emplace(loads[member], member);
    bool moved = false;
    while (!givers.empty()) {
        const auto [most, giver] = *givers.rbegin();
        const auto [least, taker] = *takers.begin();
        if (most <= least + 1) break;
        auto& from = part_of(giver);
        topic[from.back()] = taker;
        part_of(taker).push_back(from.back());
        from.pop_back();
        for (const uint32_t member : {giver, taker}) {
            takers.erase({loads[member], member});
            givers.erase({loads[member], member});
        }
        --loads[giver];
        ++loads[taker];
        for (const uint32_t member : {giver, taker}) {
            takers.emplace(loads[member], member);
            if (!part_of(member).empty()) givers.emplace(loads[member], member);
        }
        moved = true;
    }
    return moved;
}

AssignmentAnswer assign_different(const AssignmentQuestion& question) {
    std::vector<uint32_t> loads(question.members.size(), 0);
    Owners owners = kept(question, loads);
    std::vector<std::vector<uint32_t>> subscribers(question.topics.size());
    for (uint32_t member = 0; member < question.members.size(); ++member)
        for (const uint32_t topic : question.members[member].topics)
            subscribers[topic].push_back(member);
    // Topics that few want first: the others can still make up for them.
    std::vector<uint32_t> order(question.topics.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](uint32_t i) { return std::pair(subscribers[i].size(), i); });
    for (const uint32_t topic : order) deal_out(subscribers[topic], owners[topic], loads);
    bool moved = true;
    while (moved) {
        moved = false;
        for (const uint32_t topic : order)
            if (!subscribers[topic].empty())
                moved |= even_out(subscribers[topic], owners[topic], loads);
    }
    return answer_of(question, owners);
}

}  // namespace

AssignmentAnswer assign_uniform(const AssignmentQuestion& question) {
    if (question.members.empty()) return {};
    const auto wants_all = [&](const AssignmentMember& member) {
        return member.topics.size() == question.topics.size();
    };
    return std::ranges::all_of(question.members, wants_all) ? assign_equal(question)
                                                            : assign_different(question);
}

}  // namespace barnabas::broker
