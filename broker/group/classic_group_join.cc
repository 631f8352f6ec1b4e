// SPDX-License-Identifier: Apache-2.0
// ClassicGroup: joining. New members, members that come back, static members that come back under a
// new id (KIP-345), ids that are given out first (KIP-394).
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/group/classic_group.h"

namespace barnabas::broker {

void ClassicGroup::refuse(const JoinCommand& command, ErrorCode error, std::string member_id,
                          GroupEffects& effects) {
    effects.joins.push_back(
        {.ticket = command.ticket, .error = error, .member_id = std::move(member_id)});
}

void ClassicGroup::join(const JoinCommand& command, GroupTime time, GroupEffects& effects) {
    if (!has_room_for(command)) {
        // One that must go makes room for those who wait.
        const auto known = members_.find(command.member_id);
        if (known != members_.end()) remove(known, ErrorCode::group_max_size_reached, effects);
        pending_.erase(command.member_id);
        refuse(command, ErrorCode::group_max_size_reached, "", effects);
        return complete_join_if_ready(time, effects);
    }
    const bool is_new = command.member_id.empty();
    if (!supports(command))
        return refuse(command, ErrorCode::inconsistent_group_protocol, command.member_id, effects);
    if (is_new)
        join_new(command, time, effects);
    else
        join_known(command, time, effects);
}

bool ClassicGroup::has_room_for(const JoinCommand& command) const {
    const auto limit = static_cast<size_t>(limits_.members_max);
    const auto known = members_.find(command.member_id);
    if (state_ == State::preparing_rebalance) {
        // The size says little now: who does not come back is about to go.
        if (known != members_.end() && known->second.join_ticket) return true;
        const auto joined = [](const auto& entry) { return entry.second.join_ticket.has_value(); };
        return static_cast<size_t>(std::ranges::count_if(members_, joined)) < limit;
    }
    if (known != members_.end() || find_static(command.instance_id) != nullptr) return true;
    const size_t promised = pending_.size() - pending_.count(command.member_id);
    return members_.size() + promised < limit;
}

bool ClassicGroup::supports(const JoinCommand& command) const {
    if (state_ == State::empty) return !command.protocol_type.empty() && !command.protocols.empty();
    if (command.protocol_type != protocol_type_) return false;
    return std::ranges::any_of(command.protocols, [this](const GroupProtocol& protocol) {
        const auto known = supporters_.find(protocol.name);
        return members_.empty() || (known != supporters_.end() && known->second == members_.size());
    });
}

void ClassicGroup::join_new(const JoinCommand& command, GroupTime time, GroupEffects& effects) {
    ASSERT(!command.fresh_id.empty() && !members_.contains(command.fresh_id));
    if (Member* old = find_static(command.instance_id))
        return replace_static(*old, command, time, effects);
    if (command.instance_id || !command.id_required)
        return add_member(command, command.fresh_id, time, effects);
    const Nanos deadline = time.now + std::chrono::milliseconds(command.session_timeout_ms);
    pending_.emplace(command.fresh_id, deadline);
    wake_by(deadline);
    refuse(command, ErrorCode::member_id_required, command.fresh_id, effects);
}

void ClassicGroup::join_known(const JoinCommand& command, GroupTime time, GroupEffects& effects) {
    if (!command.instance_id && pending_.erase(command.member_id) > 0)
        return add_member(command, command.member_id, time, effects);
    const ErrorCode error = check_member({command.member_id, command.instance_id});
    if (error != ErrorCode::none) return refuse(command, error, command.member_id, effects);
    Member& member = members_.find(command.member_id)->second;
    const bool same = member.protocols == command.protocols;
    const bool leads = leader_ == member.id;
    const bool current = (state_ == State::completing_rebalance && same) ||
                         (state_ == State::stable && same && !leads);
    if (!current) return rejoin(member, command, time, effects);
    // Its first answer was lost, or it only wants to be sure: the generation stands. A leader that
    // joins a stable group again does so to have partitions assigned anew.
    note_alive(member, time.now);
    JoinAnswer answer = join_answer(member, leads);
    answer.ticket = command.ticket;
    effects.joins.push_back(std::move(answer));
}

void ClassicGroup::rejoin(Member& member, const JoinCommand& command, GroupTime time,
                          GroupEffects& effects) {
    take_join(member, command, effects);
    rebalance(time, effects);
}

void ClassicGroup::take_join(Member& member, const JoinCommand& command, GroupEffects& effects) {
    count_protocols(member, -1);
    member.protocols = command.protocols;
    count_protocols(member, +1);
    member.session_timeout_ms = command.session_timeout_ms;
    member.rebalance_timeout_ms = std::max(command.rebalance_timeout_ms, 0);
    if (member.join_ticket)
        effects.joins.push_back({.ticket = *member.join_ticket,
                                 .error = ErrorCode::rebalance_in_progress,
                                 .member_id = member.id});
    member.join_ticket = command.ticket;
}

void ClassicGroup::add_member(const JoinCommand& command, const std::string& id, GroupTime time,
                              GroupEffects& effects) {
    if (members_.empty()) protocol_type_ = command.protocol_type;
    Member member{.id = id,
                  .instance_id = command.instance_id,
                  .client_id = command.client_id,
                  .client_host = command.client_host,
                  .session_deadline = time.now + limits_.new_member_timeout,
                  .is_new = true};
    take_join(member, command, effects);
    wake_by(member.session_deadline);
    if (member.instance_id) member_by_instance_[*member.instance_id] = id;
    if (!leader_) leader_ = id;
    newcomer_ |= initial_;
    const bool added = members_.emplace(id, std::move(member)).second;
    ASSERT(added, "ids are unique");
    rebalance(time, effects);
}

// The member `old` is started anew and has no id yet: it takes over old's place, and whoever still
// uses the old id is fenced.
void ClassicGroup::replace_static(Member& old, const JoinCommand& command, GroupTime time,
                                  GroupEffects& effects) {
    const std::optional<std::string> old_leader = leader_;
    const std::string old_id = old.id;
    auto node = members_.extract(old_id);
    Member& moved = node.mapped();
    if (const auto ticket = std::exchange(moved.join_ticket, std::nullopt))
        effects.joins.push_back(
            {.ticket = *ticket, .error = ErrorCode::fenced_instance_id, .member_id = old_id});
    if (const auto ticket = std::exchange(moved.sync_ticket, std::nullopt))
        effects.syncs.push_back({.ticket = *ticket, .error = ErrorCode::fenced_instance_id});
    node.key() = moved.id = command.fresh_id;
    if (leader_ == old_id) leader_ = command.fresh_id;
    member_by_instance_[*command.instance_id] = command.fresh_id;
    Member& member = members_.insert(std::move(node)).position->second;
    member.client_id = command.client_id;
    member.client_host = command.client_host;
    take_join(member, command, effects);
    note_alive(member, time.now);
    // The assignment stays valid if the group would choose the same protocol again.
    if (state_ != State::stable || select_protocol() != protocol_) return rebalance(time, effects);
    request_write({.reason = PendingWrite::Reason::replaced_member,
                   .generation = generation_,
                   .member_id = member.id,
                   .old_leader = old_leader.value_or(""),
                   .can_skip_assignment = command.can_skip_assignment},
                  time, effects);
}

void ClassicGroup::answer_replaced(const PendingWrite& write, ErrorCode error, GroupTime time,
                                   GroupEffects& effects) {
    const auto found = members_.find(write.member_id);
    if (found == members_.end() || !found->second.join_ticket) return;
    // A rebalance that began meanwhile answers the join.
    if (state_ != State::stable || write.generation != generation_) return;
    Member& member = found->second;
    const GroupTicket ticket = *std::exchange(member.join_ticket, std::nullopt);
    note_alive(member, time.now);
    if (error != ErrorCode::none) {
        effects.joins.push_back({.ticket = ticket, .error = error, .member_id = member.id});
        return;
    }
    // A client that does not know of skipping must not take itself for the leader, who would
    // assign: it hears the leader's old id.
    const bool leads = leader_ == member.id && write.can_skip_assignment;
    JoinAnswer answer = join_answer(member, leads);
    answer.ticket = ticket;
    answer.skip_assignment = leads;
    if (!write.can_skip_assignment) answer.leader = write.old_leader;
    effects.joins.push_back(std::move(answer));
}

JoinAnswer ClassicGroup::join_answer(const Member& member, bool with_members) const {
    JoinAnswer answer{.generation = generation_,
                      .protocol_type = protocol_type_,
                      .protocol = protocol_,
                      .leader = leader_.value_or(""),
                      .member_id = member.id};
    if (!with_members) return answer;
    for (const auto& [id, other] : members_) {
        const auto chosen = std::ranges::find(other.protocols, protocol_, &GroupProtocol::name);
        ASSERT(chosen != other.protocols.end(), "all members support the chosen protocol");
        answer.members.push_back({id, other.instance_id, chosen->metadata});
    }
    return answer;
}

}  // namespace barnabas::broker
