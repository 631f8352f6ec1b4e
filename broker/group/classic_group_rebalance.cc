// SPDX-License-Identifier: Apache-2.0
// ClassicGroup: from one generation to the next. Waiting for members, choosing protocol and leader,
// telling the generation, waiting for the leader's assignment.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/group/classic_group.h"

namespace barnabas::broker {

// Somebody joined, left or was given up.
void ClassicGroup::rebalance(GroupTime time, GroupEffects& effects) {
    if (state_ == State::preparing_rebalance)
        complete_join_if_ready(time, effects);
    else
        prepare(time, effects);
}

void ClassicGroup::prepare(GroupTime time, GroupEffects& effects) {
    ASSERT(state_ != State::preparing_rebalance);
    if (state_ == State::completing_rebalance) {
        for (auto& [id, member] : members_) member.assignment.clear();
        propagate_assignment(ErrorCode::rebalance_in_progress, time, effects);
    }
    sync_deadline_.reset();
    for (auto& [id, member] : members_) member.owes_sync = false;
    const bool first = state_ == State::empty;
    set_state(State::preparing_rebalance, time);
    if (first && limits_.initial_delay == Nanos{}) return complete_join(time, effects);
    if (!first && all_joined()) return complete_join(time, effects);
    initial_ = first;
    newcomer_ = false;
    const Nanos timeout = rebalance_timeout();
    initial_left_ = std::max(timeout - limits_.initial_delay, Nanos{});
    join_deadline_ = time.now + (first ? limits_.initial_delay : timeout);
    wake_by(*join_deadline_);
}

void ClassicGroup::complete_join_if_ready(GroupTime time, GroupEffects& effects) {
    if (state_ == State::preparing_rebalance && !initial_ && all_joined())
        complete_join(time, effects);
}

void ClassicGroup::join_time_over(GroupTime time, GroupEffects& effects) {
    ASSERT(state_ == State::preparing_rebalance);
    if (!initial_ || !newcomer_ || initial_left_ == Nanos{}) return complete_join(time, effects);
    // More are likely to come right behind the one that came last.
    newcomer_ = false;
    const Nanos delay = std::min(limits_.initial_delay, initial_left_);
    initial_left_ -= delay;
    join_deadline_ = time.now + delay;
}

void ClassicGroup::complete_join(GroupTime time, GroupEffects& effects) {
    ASSERT(state_ == State::preparing_rebalance);
    join_deadline_.reset();
    initial_ = false;
    for (auto at = members_.begin(); at != members_.end();) {
        const auto member = at++;
        // A static member may come back for its place until its session ends.
        if (!member->second.join_ticket && !member->second.instance_id)
            remove(member, ErrorCode::unknown_member_id, effects);
    }
    if (!members_.empty() && !elect_leader()) {
        // Only static members are left, and none is here: sessions decide.
        join_deadline_ = time.now + rebalance_timeout();
        wake_by(*join_deadline_);
        return;
    }
    begin_generation(time, effects);
}

// The leader must be one that is here; false if nobody is.
bool ClassicGroup::elect_leader() {
    const auto joined = [](const auto& entry) { return entry.second.join_ticket.has_value(); };
    const auto known = leader_ ? members_.find(*leader_) : members_.end();
    if (known != members_.end() && joined(*known)) return true;
    const auto found = std::ranges::find_if(members_, joined);
    if (found == members_.end()) return false;
    leader_ = found->first;
    return true;
}

void ClassicGroup::begin_generation(GroupTime time, GroupEffects& effects) {
    generation_ = generation_ == INT32_MAX ? 1 : generation_ + 1;
    if (members_.empty()) {
        ASSERT(!leader_ && supporters_.empty());
        protocol_.reset();
        set_state(State::empty, time);
        request_write({.reason = PendingWrite::Reason::empty, .generation = generation_}, time,
                      effects);
        return;
    }
    protocol_ = select_protocol();
    ASSERT(protocol_ && leader_ && members_.contains(*leader_));
    set_state(State::completing_rebalance, time);
    sync_deadline_ = time.now + rebalance_timeout();
    wake_by(*sync_deadline_);
    for (auto& [id, member] : members_) {
        member.is_new = false;
        member.owes_sync = true;
        note_alive(member, time.now);
        if (!member.join_ticket) continue;
        JoinAnswer answer = join_answer(member, leader_ == id);
        answer.ticket = *std::exchange(member.join_ticket, std::nullopt);
        effects.joins.push_back(std::move(answer));
    }
}

// Of the protocols that all members support, the one that most of them like best (G05).
std::optional<std::string> ClassicGroup::select_protocol() const {
    std::map<std::string, size_t> votes;
    for (const auto& [id, member] : members_)
        for (const GroupProtocol& protocol : member.protocols) {
            if (supporters_.find(protocol.name)->second != members_.size()) continue;
            ++votes[protocol.name];
            break;
        }
    const auto best = std::ranges::max_element(
        votes, [](const auto& a, const auto& b) { return a.second < b.second; });
    return best == votes.end() ? std::nullopt : std::optional(best->first);
}

// Members that were told the generation never asked for their part: without them, then (G03).
void ClassicGroup::sync_time_over(GroupTime time, GroupEffects& effects) {
    sync_deadline_.reset();
    if (state_ != State::completing_rebalance && state_ != State::stable) return;
    bool removed = false;
    for (auto at = members_.begin(); at != members_.end();) {
        const auto member = at++;
        if (!member->second.owes_sync) continue;
        remove(member, ErrorCode::unknown_member_id, effects);
        removed = true;
    }
    if (removed) prepare(time, effects);
}

void ClassicGroup::propagate_assignment(ErrorCode error, GroupTime time, GroupEffects& effects) {
    for (auto& [id, member] : members_) {
        const auto ticket = std::exchange(member.sync_ticket, std::nullopt);
        if (!ticket) continue;
        note_alive(member, time.now);
        if (error != ErrorCode::none)
            effects.syncs.push_back({.ticket = *ticket, .error = error});
        else
            effects.syncs.push_back({.ticket = *ticket,
                                     .protocol_type = protocol_type_,
                                     .protocol = protocol_,
                                     .assignment = member.assignment});
    }
}

// Members that the leader left out get nothing; assignments for strangers are dropped.
void ClassicGroup::set_assignments(const SyncCommand& command) {
    for (auto& [id, member] : members_) member.assignment.clear();
    for (const SyncCommand::Assignment& assignment : command.assignments) {
        const auto member = members_.find(assignment.member_id);
        if (member != members_.end()) member->second.assignment = assignment.bytes;
    }
}

void ClassicGroup::request_write(PendingWrite write, GroupTime time, GroupEffects& effects) {
    const uint64_t id = next_write_++;
    effects.writes.push_back({id_, id, make_generation_record(id_, as_stored(time.wall_ms))});
    writes_.emplace(id, std::move(write));
}

}  // namespace barnabas::broker
