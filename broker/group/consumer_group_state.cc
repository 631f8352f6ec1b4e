// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupState: one record after the other, and what follows from them.
#include "broker/group/consumer_group_state.h"

#include <utility>

namespace barnabas::broker {
namespace {

void add(ConsumerGroupState::Counts& counts, const std::string& name, int by) {
    size_t& count = counts[name];
    count += static_cast<size_t>(by);
    if (count == 0) counts.erase(name);
}

}  // namespace

void ConsumerGroupState::apply(const ConsumerGroupChange& change) {
    std::visit([this](const auto& one) { apply_one(one); }, change);
}

// A group without an epoch is no group: nothing of it stays.
void ConsumerGroupState::apply_one(const GroupEpochChange& change) {
    if (!change.epoch) {
        *this = ConsumerGroupState();
        return;
    }
    epoch_ = *change.epoch;
    has_epoch_ = true;
    metadata_hash_ = change.hash;
}

void ConsumerGroupState::apply_one(const PartitionMetadataChange& change) {
    has_partition_metadata_ = change.present;
}

void ConsumerGroupState::apply_one(const MemberChange& change) {
    const auto known = members_.find(change.id);
    if (!change.member) {
        if (known == members_.end()) return;
        release(known->second);
        count(known->second, -1);
        members_.erase(known);
        return;
    }
    ConsumerMember& member = members_[change.id];
    if (known != members_.end()) count(member, -1);
    ConsumerMember next = *change.member;
    next.epoch = member.epoch;
    next.previous_epoch = member.previous_epoch;
    next.state = member.state;
    next.assigned = std::move(member.assigned);
    next.revoking = std::move(member.revoking);
    member = std::move(next);
    count(member, +1);
}

void ConsumerGroupState::apply_one(const TargetEpochChange& change) {
    target_epoch_ = change.epoch.value_or(-1);
    target_time_ms_ = change.time_ms;
}

void ConsumerGroupState::apply_one(const TargetChange& change) {
    if (change.partitions)
        targets_[change.member] = *change.partitions;
    else
        targets_.erase(change.member);
}

void ConsumerGroupState::apply_one(const CurrentChange& change) {
    const auto known = members_.find(change.id);
    if (known == members_.end() && !change.member) return;
    ConsumerMember& member = members_[change.id];
    if (known == members_.end()) {
        member.id = change.id;
        count(member, +1);
    }
    release(member);
    const ConsumerMember& from = change.member ? *change.member : ConsumerMember{.epoch = -1};
    member.epoch = from.epoch;
    member.previous_epoch = from.previous_epoch;
    member.state = from.state;
    member.assigned = from.assigned;
    member.revoking = from.revoking;
    hold(member);
}

void ConsumerGroupState::apply_one(const RegexChange& change) {
    if (change.resolved)
        regexes_[change.regex] = *change.resolved;
    else
        regexes_.erase(change.regex);
}

void ConsumerGroupState::count(const ConsumerMember& member, int by) {
    for (const std::string& topic : member.topics) add(topics_, topic, by);
    if (!member.regex.empty()) add(regex_counts_, member.regex, by);
    if (member.assignor) add(assignors_, *member.assignor, by);
    if (member.instance_id) {
        if (by > 0)
            member_by_instance_[*member.instance_id] = member.id;
        else if (const auto known = member_by_instance_.find(*member.instance_id);
                 known != member_by_instance_.end() && known->second == member.id)
            member_by_instance_.erase(known);
    }
    if (!member.classic) return;
    classic_members_ += static_cast<size_t>(by);
    for (const GroupProtocol& protocol : member.classic->protocols)
        add(classic_protocols_, protocol.name, by);
}

void ConsumerGroupState::hold(const ConsumerMember& member) {
    for (const HeldPartition& held : member.assigned) owners_[held.at] = &member;
    for (const HeldPartition& held : member.revoking) owners_[held.at] = &member;
}

void ConsumerGroupState::release(const ConsumerMember& member) {
    const auto drop = [&](const HeldPartition& held) {
        const auto found = owners_.find(held.at);
        if (found != owners_.end() && found->second == &member) owners_.erase(found);
    };
    for (const HeldPartition& held : member.assigned) drop(held);
    for (const HeldPartition& held : member.revoking) drop(held);
}

const ConsumerMember* ConsumerGroupState::member(std::string_view id) const {
    const auto found = members_.find(id);
    return found == members_.end() ? nullptr : &found->second;
}

const ConsumerMember* ConsumerGroupState::static_member(std::string_view instance_id) const {
    const auto found = member_by_instance_.find(instance_id);
    return found == member_by_instance_.end() ? nullptr : member(found->second);
}

const PartitionSet& ConsumerGroupState::target(std::string_view member) const {
    static const PartitionSet none;
    const auto found = targets_.find(member);
    return found == targets_.end() ? none : found->second;
}

const ConsumerMember* ConsumerGroupState::owner(const TopicIdPartition& at) const {
    const auto found = owners_.find(at);
    return found == owners_.end() ? nullptr : found->second;
}

std::set<std::string_view> ConsumerGroupState::subscribed_topics() const {
    std::set<std::string_view> topics;
    for (const auto& [topic, count] : topics_) topics.insert(topic);
    for (const auto& [regex, count] : regex_counts_) {
        const auto resolved = regexes_.find(regex);
        if (resolved == regexes_.end()) continue;
        topics.insert(resolved->second.topics.begin(), resolved->second.topics.end());
    }
    return topics;
}

bool ConsumerGroupState::nothing() const {
    return !has_epoch_ && members_.empty() && targets_.empty() && regexes_.empty();
}

}  // namespace barnabas::broker
