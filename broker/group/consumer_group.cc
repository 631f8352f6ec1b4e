// SPDX-License-Identifier: Apache-2.0
// ConsumerGroup: what others may ask, and who is given up when.
#include "broker/group/consumer_group.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

Nanos milliseconds(int32_t ms) {
    return std::chrono::milliseconds(std::max(ms, 1));
}

}  // namespace

void ConsumerGroup::loaded(const ConsumerGroupContext& ctx) {
    for (const auto& [id, member] : state_.members()) {
        see(member, ctx);
        if (member.state != MemberState::unrevoked_partitions || member.classic) continue;
        Deadlines& deadlines = deadlines_[id];
        deadlines.rebalance = ctx.time.now + milliseconds(member.rebalance_timeout_ms);
        deadlines.rebalance_epoch = member.epoch;
        wake_by(deadlines.rebalance);
    }
}

void ConsumerGroup::see(const ConsumerMember& member, const ConsumerGroupContext& ctx) {
    const int32_t timeout_ms =
        member.classic ? member.classic->session_timeout_ms : ctx.settings.session_timeout_ms;
    Deadlines& deadlines = deadlines_[member.id];
    deadlines.session = ctx.time.now + milliseconds(timeout_ms);
    wake_by(deadlines.session);
}

void ConsumerGroup::tick(const ConsumerGroupContext& ctx, Records& out) {
    const Nanos now = ctx.time.now;
    std::vector<std::string> gone;
    for (const auto& [id, deadlines] : deadlines_) {
        const ConsumerMember* member = state_.member(id);
        ASSERT(member != nullptr, "only members have deadlines");
        const bool revoking_late =
            deadlines.rebalance <= now && member->epoch == deadlines.rebalance_epoch;
        if (deadlines.session <= now || revoking_late || deadlines.join <= now ||
            deadlines.sync <= now)
            gone.push_back(id);
    }
    fence(gone, ctx, out);
    wake_at_ = Nanos::max();
    for (auto& [id, deadlines] : deadlines_) {
        if (deadlines.rebalance <= now) deadlines.rebalance = Nanos::max();
        wake_by(std::min({deadlines.session, deadlines.rebalance, deadlines.join, deadlines.sync}));
    }
    ASSERT(wake_at_ > now, "what is due has been done");
}

std::string_view ConsumerGroup::state_name() const {
    if (state_.members().empty()) return "Empty";
    if (state_.epoch() > state_.target_epoch()) return "Assigning";
    const auto reconciled = [this](const auto& entry) {
        return entry.second.is_reconciled_to(state_.target_epoch());
    };
    return std::ranges::all_of(state_.members(), reconciled) ? "Stable" : "Reconciling";
}

bool ConsumerGroup::subscribed_to(std::string_view topic) const {
    return state_.subscribed_topics().contains(topic);
}

ErrorCode ConsumerGroup::check_offset_commit(const CommitClaim& claim, GroupTime) {
    const MemberClaim& who = claim.member;
    // Consumers that assign partitions themselves, as long as nobody uses the group for more (G21).
    if (who.generation < 0 && state_.members().empty()) return ErrorCode::none;
    if (claim.transactional && who.generation == -1 && who.member_id.empty() && !who.instance_id)
        return ErrorCode::none;
    const ConsumerMember* member = state_.member(who.member_id);
    if (member == nullptr) return ErrorCode::unknown_member_id;
    constexpr int16_t first_with_epochs = 9;
    if (!claim.transactional && !member->classic && claim.version < first_with_epochs)
        return ErrorCode::unsupported_version;
    if (who.generation == member->epoch) return ErrorCode::none;
    const ErrorCode wrong =
        member->classic ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
    if (who.generation > member->epoch) return wrong;
    // An older epoch is good for what the member has had since then (KIP-1251).
    for (const auto& [topic, partition] : claim.partitions) {
        const TopicIdPartition at{topic, partition};
        const auto find = [&at](const HeldSet& held) {
            const auto found = std::ranges::lower_bound(held, at, {}, &HeldPartition::at);
            return found != held.end() && found->at == at ? &*found : nullptr;
        };
        const HeldPartition* held = find(member->assigned);
        if (held == nullptr) held = find(member->revoking);
        if (held == nullptr || who.generation < held->epoch) return wrong;
    }
    return ErrorCode::none;
}

ErrorCode ConsumerGroup::check_offset_fetch(const MemberClaim& claim) const {
    if (claim.member_id.empty() && claim.generation < 0) return ErrorCode::none;
    const ConsumerMember* member = state_.member(claim.member_id);
    if (member == nullptr) return ErrorCode::unknown_member_id;
    if (claim.generation == member->epoch) return ErrorCode::none;
    return member->classic ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
}

std::vector<CoordinatorRecord> ConsumerGroup::tombstones() const {
    std::vector<CoordinatorRecord> records;
    for (const auto& [id, member] : state_.members())
        records.push_back(make_current_tombstone(id_, id));
    for (const auto& [id, target] : state_.targets())
        records.push_back(make_target_tombstone(id_, id));
    records.push_back(make_target_epoch_tombstone(id_));
    for (const auto& [id, member] : state_.members())
        records.push_back(make_member_tombstone(id_, id));
    if (state_.has_partition_metadata()) records.push_back(make_partition_metadata_tombstone(id_));
    for (const auto& [regex, resolved] : state_.regexes())
        records.push_back(make_regex_tombstone(id_, regex));
    records.push_back(make_group_epoch_tombstone(id_));
    return records;
}

std::string ConsumerGroup::assignor_name(const ConsumerGroupLimits& limits) const {
    std::string best = limits.assignors.front();
    size_t votes = 0;
    for (const auto& [name, count] : state_.assignor_votes()) {
        if (count <= votes || std::ranges::find(limits.assignors, name) == limits.assignors.end())
            continue;
        best = name;
        votes = count;
    }
    return best;
}

Refusal ConsumerGroup::not_a_member(std::string_view id) const {
    return {ErrorCode::unknown_member_id,
            "Member " + std::string(id) + " is not a member of group " + id_ + "."};
}

}  // namespace barnabas::broker
