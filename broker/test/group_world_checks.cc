// SPDX-License-Identifier: Apache-2.0
// GroupWorld: what must hold after each event.
#include <gtest/gtest.h>

#include <algorithm>

#include "broker/test/group_world.h"

namespace barnabas::broker {
namespace {

bool holds(const ConsumerMember& member, const TopicIdPartition& at) {
    return std::ranges::binary_search(member.assigned, at, {}, &HeldPartition::at) ||
           std::ranges::binary_search(member.revoking, at, {}, &HeldPartition::at);
}

}  // namespace

void GroupWorld::check() {
    shard_->for_each_group([this](const Group& group) {
        if (group.type() == GroupType::consumer)
            check_group(dynamic_cast<const ConsumerGroup&>(group));
        else
            seen_.erase(group.id());
    });
}

void GroupWorld::check_group(const ConsumerGroup& group) {
    const ConsumerGroupState& state = group.state();
    Seen& seen = seen_[group.id()];
    // A group that became empty may have been another kind in between.
    if (state.members().empty()) seen = {};
    const bool decided_now = seen.known && state.target_epoch() != seen.target_epoch;
    ASSERT_GE(state.epoch(), seen.epoch);
    ASSERT_LE(state.target_epoch(), state.epoch());
    if (decided_now && !state.members().empty()) check_target(group);
    seen = {true, state.epoch(), state.target_epoch()};
    std::set<TopicIdPartition> taken;
    for (const auto& [id, member] : state.members()) {
        ASSERT_LE(member.epoch, state.epoch());
        for (const HeldSet* held : {&member.assigned, &member.revoking})
            for (const HeldPartition& one : *held) {
                ASSERT_TRUE(taken.insert(one.at).second) << "with two members (G08)";
                ASSERT_EQ(state.owner(one.at), &member);
            }
    }
    check_owners(group);
}

// A new target: every partition of every topic that somebody wants is given once, to a subscriber.
void GroupWorld::check_target(const ConsumerGroup& group) const {
    const ConsumerGroupState& state = group.state();
    if (state.target_epoch() == 0 || state.target_time_ms() == 0) return;
    std::set<TopicIdPartition> given;
    for (const auto& [id, target] : state.targets()) {
        const ConsumerMember* member = state.member(id);
        ASSERT_NE(member, nullptr);
        for (const TopicIdPartition& at : target) {
            ASSERT_TRUE(given.insert(at).second) << "given twice";
            const auto topic = image_->topic(at.topic);
            ASSERT_NE(topic, nullptr);
            ASSERT_LT(at.partition.value, static_cast<int>(topic->partitions.size()));
            const auto regex = state.regexes().find(member->regex);
            ASSERT_TRUE(std::ranges::binary_search(member->topics, topic->name) ||
                        (regex != state.regexes().end() &&
                         std::ranges::binary_search(regex->second.topics, topic->name)));
        }
    }
    size_t wanted = 0;
    for (const std::string_view name : state.subscribed_topics())
        if (const auto topic = image_->topic(name)) wanted += topic->partitions.size();
    ASSERT_EQ(given.size(), wanted) << "the target is complete";
}

// What a client that is in the group believes to own, the group counts as its. Members of the
// classic protocol know only after their sync what is theirs.
void GroupWorld::check_owners(const ConsumerGroup& group) const {
    for (const Client& client : clients_) {
        if (client.group != group.id() || client.member.empty()) continue;
        const ConsumerMember* member = group.state().member(client.member);
        if (member == nullptr || member->classic.has_value() != client.classic) continue;
        if (client.classic && (!client.synced || member->epoch != client.epoch)) continue;
        for (const TopicIdPartition& at : client.owned) {
            // The classic protocol speaks of names: a deleted topic is not told from its successor.
            if (client.classic && image_->topic(at.topic) == nullptr) continue;
            ASSERT_TRUE(holds(*member, at)) << client.member << " owns what is not its";
        }
    }
}

void GroupWorld::check_replay() {
    ++replays_;
    const auto from_log = replayed(false);
    ASSERT_EQ(from_log->stored(), shard_->stored());
    auto from_all = replayed(true);
    from_all->loaded(time());
    size_t alive = 0, found = 0;
    shard_->for_each_group([&](const Group& group) {
        if (group.type() != GroupType::consumer) return;
        ++alive;
        const ConsumerGroup* again = from_all->find_consumer(group.id());
        ASSERT_NE(again, nullptr) << group.id();
        ASSERT_EQ(again->state(), dynamic_cast<const ConsumerGroup&>(group).state());
    });
    from_all->for_each_group(
        [&](const Group& group) { found += group.type() == GroupType::consumer ? 1 : 0; });
    ASSERT_EQ(alive, found) << "the log knows no other groups";
}

}  // namespace barnabas::broker
