// SPDX-License-Identifier: Apache-2.0
// ConsumerGroup: members of the classic protocol. They join, sync and send heartbeats as ever; each
// is told its own part by the server, and is sent to join again when there is something new for it.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "broker/group/consumer_group.h"
#include "broker/group/embedded_protocol.h"

namespace barnabas::broker {
namespace {

constexpr const char* consumer_protocol_type = "consumer";

JoinAnswer refuse_join(const JoinCommand& command, ErrorCode error) {
    return {.ticket = command.ticket, .error = error, .member_id = command.member_id};
}

}  // namespace

bool ConsumerGroup::supports_classic(const JoinCommand& command) const {
    if (command.protocol_type != consumer_protocol_type || command.protocols.empty()) return false;
    return std::ranges::any_of(command.protocols, [this](const GroupProtocol& protocol) {
        const auto known = state_.classic_protocols().find(protocol.name);
        const size_t count = known == state_.classic_protocols().end() ? 0 : known->second;
        return count == state_.classic_members();
    });
}

ConsumerGroup::Checked<ConsumerGroup::Arrival> ConsumerGroup::arrive_classic(
    const JoinCommand& command, const std::string& id) const {
    const auto refuse = [](ErrorCode error) { return std::unexpected(Refusal{error, {}}); };
    Arrival arrival;
    const ConsumerMember* known =
        command.instance_id ? state_.static_member(*command.instance_id) : state_.member(id);
    if (command.instance_id && !command.member_id.empty()) {
        if (known == nullptr) return refuse(ErrorCode::unknown_member_id);
        if (known->id != command.member_id) return refuse(ErrorCode::fenced_instance_id);
    }
    if (known != nullptr) arrival.before = *known;
    if (known != nullptr && known->id != id) {
        arrival.replaces = known->id;
        arrival.before.epoch = arrival.before.previous_epoch = 0;
    }
    arrival.before.id = id;
    const auto subscription = read_subscription(command.protocols.front().metadata);
    if (!subscription) return refuse(ErrorCode::inconsistent_group_protocol);
    ConsumerMember& after = arrival.after = arrival.before;
    if (command.instance_id) after.instance_id = command.instance_id;
    if (subscription->rack_id) after.rack_id = subscription->rack_id;
    if (command.rebalance_timeout_ms != -1)
        after.rebalance_timeout_ms = command.rebalance_timeout_ms;
    after.topics = subscription->topics;
    after.regex.clear();
    after.client_id = command.client_id;
    after.client_host = command.client_host;
    after.classic = ClassicFacts{command.session_timeout_ms, command.protocols};
    return arrival;
}

JoinAnswer ConsumerGroup::classic_join(const JoinCommand& command, const ConsumerGroupContext& ctx,
                                       Records& out) {
    const std::string id = command.member_id.empty() ? command.fresh_id : command.member_id;
    if (!check_room(id, ctx.limits)) return refuse_join(command, ErrorCode::group_max_size_reached);
    if (!supports_classic(command))
        return refuse_join(command, ErrorCode::inconsistent_group_protocol);
    if (command.member_id.empty() && !command.instance_id && command.id_required) {
        JoinAnswer answer = refuse_join(command, ErrorCode::member_id_required);
        answer.member_id = id;
        return answer;
    }
    const auto arrival = arrive_classic(command, id);
    if (!arrival) return refuse_join(command, arrival.error().error);
    const size_t modern_before = modern_members();
    const bool subscription_changed = arrival->before.topics != arrival->after.topics ||
                                      arrival->before.regex != arrival->after.regex;
    enter(*arrival, ctx, out);
    const bool downgrade = may_downgrade(modern_before, ctx.limits);
    if (!downgrade) update_target(ctx, out);
    const auto subscription = read_subscription(command.protocols.front().metadata);
    const std::optional<PartitionSet> owned = to_partition_set(subscription->owned, ctx.image);
    const auto reconciled = reconcile_member(id, owned, subscription_changed, ctx, out);
    if (!reconciled) return refuse_join(command, reconciled.error().error);
    if (downgrade) {
        bool settled = state_.epoch() == state_.target_epoch();
        for (const auto& [other, at] : state_.members())
            settled = settled && at.is_reconciled_to(state_.target_epoch());
        // Who does not have its part yet must ask for it.
        downgrade_ = settled ? Downgrade::as_it_is : Downgrade::with_rebalance;
    }
    const ConsumerMember& member = *state_.member(id);
    see(member, ctx);
    Deadlines& deadlines = deadlines_[id];
    deadlines.join = Nanos::max();
    deadlines.sync =
        ctx.time.now + std::chrono::milliseconds(std::max(command.rebalance_timeout_ms, 1));
    wake_by(deadlines.sync);
    return {.ticket = command.ticket,
            .generation = member.epoch,
            .protocol_type = consumer_protocol_type,
            .protocol = command.protocols.front().name,
            .member_id = id};
}

ErrorCode ConsumerGroup::check_classic(const MemberClaim& claim,
                                       const ConsumerMember*& member) const {
    member = claim.instance_id ? state_.static_member(*claim.instance_id)
                               : state_.member(claim.member_id);
    if (member == nullptr) return ErrorCode::unknown_member_id;
    if (member->id != claim.member_id) return ErrorCode::fenced_instance_id;
    if (!member->classic) return ErrorCode::unknown_member_id;
    return claim.generation == member->epoch ? ErrorCode::none : ErrorCode::illegal_generation;
}

SyncAnswer ConsumerGroup::classic_sync(const SyncCommand& command,
                                       const ConsumerGroupContext& ctx) {
    SyncAnswer answer{.ticket = command.ticket};
    const ConsumerMember* member = nullptr;
    answer.error =
        check_classic({command.member_id, command.instance_id, command.generation}, member);
    if (answer.error != ErrorCode::none) return answer;
    const GroupProtocol& protocol = member->classic->protocols.front();
    if ((command.protocol_type && *command.protocol_type != consumer_protocol_type) ||
        (command.protocol && *command.protocol != protocol.name)) {
        answer.error = ErrorCode::inconsistent_group_protocol;
        return answer;
    }
    Deadlines& deadlines = deadlines_[member->id];
    if (state_.target_epoch() > member->epoch &&
        member->state != MemberState::unrevoked_partitions) {
        if (deadlines.join == Nanos::max())
            deadlines.join = ctx.time.now + std::chrono::milliseconds(member->rebalance_timeout_ms);
        wake_by(deadlines.join);
        answer.error = ErrorCode::rebalance_in_progress;
        return answer;
    }
    deadlines.sync = Nanos::max();
    see(*member, ctx);
    answer.protocol_type = command.protocol_type;
    answer.protocol = command.protocol;
    answer.assignment =
        make_assignment(partitions_of(member->assigned), protocol.metadata, ctx.image);
    return answer;
}

bool ConsumerGroup::waits_for_others(const ConsumerMember& member) const {
    const PartitionSet assigned = partitions_of(member.assigned);
    return std::ranges::any_of(state_.target(member.id), [&](const TopicIdPartition& at) {
        return !std::ranges::binary_search(assigned, at) && state_.owner(at) != nullptr;
    });
}

ErrorCode ConsumerGroup::classic_heartbeat(const MemberClaim& claim,
                                           const ConsumerGroupContext& ctx) {
    const ConsumerMember* member = nullptr;
    if (const ErrorCode error = check_classic(claim, member); error != ErrorCode::none)
        return error;
    see(*member, ctx);
    const bool up_to_date =
        member->epoch >= state_.target_epoch() &&
        member->state != MemberState::unrevoked_partitions &&
        (member->state != MemberState::unreleased_partitions || waits_for_others(*member));
    if (up_to_date) return ErrorCode::none;
    Deadlines& deadlines = deadlines_[member->id];
    if (deadlines.join == Nanos::max())
        deadlines.join = ctx.time.now + std::chrono::milliseconds(member->rebalance_timeout_ms);
    wake_by(deadlines.join);
    return ErrorCode::rebalance_in_progress;
}

// An administrator removes static members by their instance alone.
ErrorCode ConsumerGroup::find_leaving(const MemberClaim& claim, std::string& id) const {
    const ConsumerMember* member = claim.instance_id ? state_.static_member(*claim.instance_id)
                                                     : state_.member(claim.member_id);
    if (member == nullptr) return ErrorCode::unknown_member_id;
    if (claim.instance_id && !claim.member_id.empty() && member->id != claim.member_id)
        return ErrorCode::fenced_instance_id;
    id = member->id;
    return ErrorCode::none;
}

std::vector<ErrorCode> ConsumerGroup::classic_leave(const std::vector<MemberClaim>& leaving,
                                                    const ConsumerGroupContext& ctx, Records& out) {
    std::vector<ErrorCode> results;
    std::vector<std::string> gone;
    for (const MemberClaim& claim : leaving) {
        std::string id;
        results.push_back(find_leaving(claim, id));
        if (results.back() == ErrorCode::none && std::ranges::find(gone, id) == gone.end())
            gone.push_back(std::move(id));
    }
    fence(gone, ctx, out);
    return results;
}

// Members of a classic group: each keeps what it had. Of two that had the same partition the first
// keeps it; the other will be asked to give it up.
void ConsumerGroup::adopt(const StoredGeneration& generation,
                          const std::vector<ConsumerMember>& members,
                          const ConsumerGroupContext& ctx, Records& out) {
    ASSERT(state_.nothing());
    std::vector<ConsumerMember> adopted = members;
    std::set<TopicIdPartition> taken;
    for (ConsumerMember& member : adopted) {
        std::erase_if(member.assigned,
                      [&](const HeldPartition& held) { return !taken.insert(held.at).second; });
        member.epoch = member.previous_epoch = generation.generation;
        for (HeldPartition& held : member.assigned) held.epoch = generation.generation;
        add(make_member_record(id_, member), out);
    }
    add(make_group_epoch_record(id_, generation.generation, compute_hash(ctx.image)), out);
    for (const ConsumerMember& member : adopted)
        add(make_target_record(id_, member.id, partitions_of(member.assigned)), out);
    add(make_target_epoch_record(id_, generation.generation, 0), out);
    for (const ConsumerMember& member : adopted) {
        add(make_current_record(id_, member), out);
        see(member, ctx);
    }
}

}  // namespace barnabas::broker
