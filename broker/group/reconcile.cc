// SPDX-License-Identifier: Apache-2.0
// Sets of partitions, and which of them decide a member's state.
#include "broker/group/reconcile.h"

#include <algorithm>
#include <utility>

namespace barnabas::broker {
namespace {

bool still_owns(const ReconcileQuestion& question, const HeldSet& revoking) {
    if (!question.owned) return true;
    return std::ranges::any_of(*question.owned, [&](const TopicIdPartition& at) {
        return std::ranges::binary_search(revoking, at, {}, &HeldPartition::at);
    });
}

ConsumerMember moved(const ReconcileQuestion& question, MemberState state, int32_t epoch,
                     HeldSet assigned) {
    ConsumerMember member = question.member;
    member.state = state;
    member.previous_epoch = std::exchange(member.epoch, epoch);
    member.assigned = std::move(assigned);
    member.revoking.clear();
    return member;
}

ConsumerMember compute_next(const ReconcileQuestion& question, int32_t epoch) {
    HeldSet stays, goes;
    for (const HeldPartition& held : question.member.assigned) {
        const bool wanted =
            std::ranges::binary_search(question.target, held.at) && question.wants(held.at.topic);
        (wanted ? stays : goes).push_back(held);
    }
    if (!goes.empty() && still_owns(question, goes)) {
        ConsumerMember member =
            moved(question, MemberState::unrevoked_partitions, epoch, std::move(stays));
        member.revoking = std::move(goes);
        return member;
    }
    bool unreleased = false;
    HeldSet comes;
    for (const TopicIdPartition& at : question.target) {
        if (!question.wants(at.topic)) continue;
        if (std::ranges::binary_search(stays, at, {}, &HeldPartition::at)) continue;
        if (question.taken(at))
            unreleased = true;
        else
            comes.push_back({at, question.target_epoch});
    }
    HeldSet assigned;
    std::ranges::merge(stays, comes, std::back_inserter(assigned));
    return moved(question, unreleased ? MemberState::unreleased_partitions : MemberState::stable,
                 question.target_epoch, std::move(assigned));
}

// The member wants other topics, the target is still the old one: what it does not want any more is
// taken from it at once.
ConsumerMember drop_unwanted(const ReconcileQuestion& question) {
    HeldSet stays, goes = question.member.revoking;
    for (const HeldPartition& held : question.member.assigned)
        (question.wants(held.at.topic) ? stays : goes).push_back(held);
    if (stays.size() == question.member.assigned.size()) return question.member;
    std::ranges::sort(goes);
    if (!still_owns(question, goes)) {
        ConsumerMember member = question.member;
        member.previous_epoch = member.epoch;
        member.assigned = std::move(stays);
        return member;
    }
    ConsumerMember member =
        moved(question, MemberState::unrevoked_partitions, question.member.epoch, std::move(stays));
    member.revoking = std::move(goes);
    return member;
}

}  // namespace

std::expected<ConsumerMember, Refusal> reconcile(const ReconcileQuestion& question) {
    const ConsumerMember& member = question.member;
    switch (member.state) {
        case MemberState::stable:
            if (member.epoch != question.target_epoch) return compute_next(question, member.epoch);
            return question.subscription_changed ? drop_unwanted(question) : member;
        case MemberState::unrevoked_partitions:
            if (!still_owns(question, member.revoking)) return compute_next(question, member.epoch);
            return question.subscription_changed ? drop_unwanted(question) : member;
        case MemberState::unreleased_partitions:
            return compute_next(question, member.epoch);
        case MemberState::unknown:
            if (!question.owned || !question.owned->empty())
                return std::unexpected(Refusal{
                    ErrorCode::fenced_member_epoch,
                    "The consumer group member is in a unknown state. The member must abandon all "
                    "its partitions and rejoin."});
            return compute_next(question, question.target_epoch);
    }
    return member;
}

}  // namespace barnabas::broker
