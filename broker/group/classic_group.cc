// SPDX-License-Identifier: Apache-2.0
// ClassicGroup: who is a member, what members may say, what is due when. Joining is in
// classic_group_join.cc, generations are in classic_group_rebalance.cc.
#include "broker/group/classic_group.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {

ClassicGroup::ClassicGroup(std::string id, const GroupLimits& limits, uint64_t first_write_id)
    : id_(std::move(id)), limits_(limits), next_write_(first_write_id) {}

std::string_view ClassicGroup::state_name() const {
    switch (state_) {
        case State::empty:
            return "Empty";
        case State::preparing_rebalance:
            return "PreparingRebalance";
        case State::completing_rebalance:
            return "CompletingRebalance";
        case State::stable:
            return "Stable";
    }
    return "Unknown";
}

// What members of other protocol types want, and subscriptions that cannot be read, is not known:
// they are taken to want everything.
bool ClassicGroup::subscribed_to(std::string_view topic) const {
    if (members_.empty()) return false;
    if (protocol_type_ != "consumer" || !protocol_) return true;
    for (const auto& [id, member] : members_) {
        const auto chosen = std::ranges::find(member.protocols, *protocol_, &GroupProtocol::name);
        if (chosen == member.protocols.end()) return true;
        const auto subscription =
            protocol::decode_consumer_protocol<protocol::ConsumerProtocolSubscription>(
                Bytes(chosen->metadata));
        if (!subscription) return true;
        const auto same = [topic](const Text& name) { return name.view() == topic; };
        if (std::ranges::any_of(subscription->topics, same)) return true;
    }
    return false;
}

ErrorCode ClassicGroup::check_offset_commit(const CommitClaim& claim, GroupTime time) {
    const MemberClaim& member = claim.member;
    // Who commits in a transaction need not say which member it is.
    if (claim.transactional && member.generation < 0 && member.member_id.empty() &&
        !member.instance_id)
        return ErrorCode::none;
    return check_commit(member, claim.transactional, time);
}

std::optional<int64_t> ClassicGroup::unused_since_ms(const CommittedOffset& committed) const {
    if (protocol_type_.empty()) return committed.commit_ms;
    // Old brokers did not write since when a group is empty.
    if (state_ == State::empty) return state_since_ms_ >= 0 ? state_since_ms_ : committed.commit_ms;
    // Which topics members want is known when they have settled, and if they are consumers.
    if (state_ == State::stable && protocol_type_ == "consumer") return committed.commit_ms;
    return std::nullopt;
}

std::vector<CoordinatorRecord> ClassicGroup::tombstones() const {
    std::vector<CoordinatorRecord> records;
    records.push_back(make_generation_tombstone(id_));
    return records;
}

void ClassicGroup::restore(const StoredGeneration& stored, Nanos now) {
    ASSERT(state_ == State::empty && members_.empty() && generation_ == 0);
    generation_ = std::max(stored.generation, 0);
    protocol_type_ = stored.protocol_type;
    protocol_ = stored.protocol;
    state_since_ms_ = stored.state_since_ms;
    if (!stored.members.empty()) protocol_ = stored.protocol.value_or("");
    for (const StoredMember& from : stored.members) {
        if (members_.contains(from.id)) continue;
        const int32_t rebalance_ms =
            from.rebalance_timeout_ms < 0 ? from.session_timeout_ms : from.rebalance_timeout_ms;
        Member member{.id = from.id,
                      .instance_id = from.instance_id,
                      .client_id = from.client_id,
                      .client_host = from.client_host,
                      .session_timeout_ms = from.session_timeout_ms,
                      .rebalance_timeout_ms = rebalance_ms,
                      .protocols = {{*protocol_, from.subscription}},
                      .assignment = from.assignment};
        note_alive(member, now);
        count_protocols(member, +1);
        if (member.instance_id) member_by_instance_[*member.instance_id] = member.id;
        members_.emplace(from.id, std::move(member));
    }
    if (members_.empty()) return;
    state_ = State::stable;
    const bool leader_is_here = stored.leader && members_.contains(*stored.leader);
    leader_ = leader_is_here ? stored.leader : members_.begin()->first;
}

std::vector<ClassicGroup::MemberFacts> ClassicGroup::member_facts() const {
    std::vector<MemberFacts> facts;
    StoredGeneration stored = as_stored(state_since_ms_);
    for (StoredMember& member : stored.members) {
        const Member& known = members_.find(member.id)->second;
        facts.push_back({std::move(member), known.protocols});
    }
    return facts;
}

void ClassicGroup::adopt(int32_t generation, const std::vector<MemberFacts>& members,
                         GroupTime time) {
    ASSERT(state_ == State::empty && members_.empty() && !members.empty());
    generation_ = generation;
    protocol_type_ = "consumer";
    for (const MemberFacts& facts : members) {
        const StoredMember& from = facts.stored;
        Member member{.id = from.id,
                      .instance_id = from.instance_id,
                      .client_id = from.client_id,
                      .client_host = from.client_host,
                      .session_timeout_ms = from.session_timeout_ms,
                      .rebalance_timeout_ms = from.rebalance_timeout_ms,
                      .protocols = facts.protocols,
                      .assignment = from.assignment};
        note_alive(member, time.now);
        count_protocols(member, +1);
        if (member.instance_id) member_by_instance_[*member.instance_id] = member.id;
        members_.emplace(from.id, std::move(member));
    }
    leader_ = members_.begin()->first;
    protocol_ = select_protocol();
    ASSERT(protocol_, "all members share a protocol");
    set_state(State::stable, time);
}

ErrorCode ClassicGroup::check_member(const MemberClaim& claim) const {
    if (!claim.instance_id)
        return members_.contains(claim.member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
    const Member* holder = find_static(claim.instance_id);
    if (holder == nullptr) return ErrorCode::unknown_member_id;
    return holder->id == claim.member_id ? ErrorCode::none : ErrorCode::fenced_instance_id;
}

ErrorCode ClassicGroup::heartbeat(const MemberClaim& claim, GroupTime time) {
    if (const ErrorCode error = check_member(claim); error != ErrorCode::none) return error;
    if (claim.generation != generation_) return ErrorCode::illegal_generation;
    ASSERT(state_ != State::empty, "a group with members is not empty");
    note_alive(members_.find(claim.member_id)->second, time.now);
    return state_ == State::preparing_rebalance ? ErrorCode::rebalance_in_progress
                                                : ErrorCode::none;
}

ErrorCode ClassicGroup::check_commit(const MemberClaim& claim, bool transactional, GroupTime time) {
    // Consumers that assign partitions themselves commit without a generation, as long as nobody
    // uses the group for more.
    if (claim.generation < 0 && state_ == State::empty) return ErrorCode::none;
    if (claim.generation < 0 && claim.member_id.empty() && !claim.instance_id)
        return ErrorCode::unknown_member_id;
    if (const ErrorCode error = check_member(claim); error != ErrorCode::none) return error;
    if (claim.generation != generation_) return ErrorCode::illegal_generation;
    // Who commits is the producer: no sign of life of the consumer.
    if (transactional) return ErrorCode::none;
    // It has been told the new generation but not its assignment: what it commits may be another's.
    if (state_ == State::completing_rebalance) return ErrorCode::rebalance_in_progress;
    note_alive(members_.find(claim.member_id)->second, time.now);
    return ErrorCode::none;
}

ErrorCode ClassicGroup::check_sync(const SyncCommand& command) const {
    const ErrorCode error =
        check_member({command.member_id, command.instance_id, command.generation});
    if (error != ErrorCode::none) return error;
    if (command.generation != generation_) return ErrorCode::illegal_generation;
    const bool other_type = command.protocol_type && *command.protocol_type != protocol_type_;
    const bool other_name = command.protocol && command.protocol != protocol_;
    if (other_type || other_name) return ErrorCode::inconsistent_group_protocol;
    return state_ == State::preparing_rebalance ? ErrorCode::rebalance_in_progress
                                                : ErrorCode::none;
}

void ClassicGroup::sync(const SyncCommand& command, GroupTime time, GroupEffects& effects) {
    if (const ErrorCode error = check_sync(command); error != ErrorCode::none) {
        effects.syncs.push_back({.ticket = command.ticket, .error = error});
        return;
    }
    Member& member = members_.find(command.member_id)->second;
    member.owes_sync = false;
    const auto owes = [](const auto& entry) { return entry.second.owes_sync; };
    if (std::ranges::none_of(members_, owes)) sync_deadline_.reset();
    if (member.sync_ticket)
        effects.syncs.push_back({.ticket = *std::exchange(member.sync_ticket, std::nullopt),
                                 .error = ErrorCode::rebalance_in_progress});
    if (state_ == State::stable) {
        note_alive(member, time.now);
        effects.syncs.push_back({.ticket = command.ticket,
                                 .protocol_type = protocol_type_,
                                 .protocol = protocol_,
                                 .assignment = member.assignment});
        return;
    }
    ASSERT(state_ == State::completing_rebalance);
    member.sync_ticket = command.ticket;
    // A leader that asks twice is answered by the first write.
    if (leader_ != member.id || writes_assignment()) return;
    set_assignments(command);
    request_write({.reason = PendingWrite::Reason::assignment, .generation = generation_}, time,
                  effects);
}

bool ClassicGroup::writes_assignment() const {
    return std::ranges::any_of(writes_, [this](const auto& entry) {
        return entry.second.reason == PendingWrite::Reason::assignment &&
               entry.second.generation == generation_;
    });
}

std::vector<ErrorCode> ClassicGroup::leave(const std::vector<MemberClaim>& leaving, GroupTime time,
                                           GroupEffects& effects) {
    std::vector<ErrorCode> results;
    bool removed = false;
    for (const MemberClaim& claim : leaving) {
        Member* holder = find_static(claim.instance_id);
        ErrorCode error = ErrorCode::none;
        if (claim.member_id.empty() && holder == nullptr) {
            error = ErrorCode::unknown_member_id;
        } else if (claim.member_id.empty()) {
            remove(members_.find(holder->id), ErrorCode::unknown_member_id, effects);
            removed = true;
        } else if (pending_.erase(claim.member_id) == 0) {
            error = check_member(claim);
            if (error == ErrorCode::none)
                remove(members_.find(claim.member_id), ErrorCode::unknown_member_id, effects);
            removed |= error == ErrorCode::none;
        }
        results.push_back(error);
    }
    if (removed)
        rebalance(time, effects);
    else
        complete_join_if_ready(time, effects);
    return results;
}

void ClassicGroup::written(uint64_t write_id, ErrorCode error, GroupTime time,
                           GroupEffects& effects) {
    const auto found = writes_.find(write_id);
    ASSERT(found != writes_.end(), "a write ends once");
    const PendingWrite write = std::move(found->second);
    writes_.erase(found);
    switch (write.reason) {
        case PendingWrite::Reason::empty:
            return;
        case PendingWrite::Reason::replaced_member:
            return answer_replaced(write, error, time, effects);
        case PendingWrite::Reason::assignment:
            break;
    }
    // Somebody joined or left meanwhile: the assignment is of the past.
    if (state_ != State::completing_rebalance || write.generation != generation_) return;
    if (error == ErrorCode::none) {
        set_state(State::stable, time);
        propagate_assignment(ErrorCode::none, time, effects);
        return;
    }
    for (auto& [id, member] : members_) member.assignment.clear();
    propagate_assignment(error, time, effects);
    prepare(time, effects);
}

void ClassicGroup::remove(Members::iterator at, ErrorCode why, GroupEffects& effects) {
    ASSERT(at != members_.end());
    Member member = std::move(at->second);
    members_.erase(at);
    count_protocols(member, -1);
    if (member.instance_id) member_by_instance_.erase(*member.instance_id);
    if (leader_ == member.id)
        leader_ = members_.empty() ? std::nullopt : std::optional(members_.begin()->first);
    if (member.join_ticket)
        effects.joins.push_back(
            {.ticket = *member.join_ticket, .error = why, .member_id = member.id});
    if (member.sync_ticket) effects.syncs.push_back({.ticket = *member.sync_ticket, .error = why});
}

void ClassicGroup::abandon(ErrorCode error, GroupEffects& effects) {
    for (auto& [id, member] : members_) {
        if (const auto ticket = std::exchange(member.join_ticket, std::nullopt))
            effects.joins.push_back({.ticket = *ticket, .error = error, .member_id = id});
        if (const auto ticket = std::exchange(member.sync_ticket, std::nullopt))
            effects.syncs.push_back({.ticket = *ticket, .error = error});
    }
}

void ClassicGroup::tick(GroupTime time, GroupEffects& effects) {
    const auto due = [&time](const auto& entry) { return entry.second <= time.now; };
    if (std::erase_if(pending_, due) > 0) complete_join_if_ready(time, effects);
    expire_members(time, effects);
    if (join_deadline_ && *join_deadline_ <= time.now) join_time_over(time, effects);
    if (sync_deadline_ && *sync_deadline_ <= time.now) sync_time_over(time, effects);
    find_wake_at();
    ASSERT(wake_at_ > time.now, "what is due has been done");
}

void ClassicGroup::expire_members(GroupTime time, GroupEffects& effects) {
    std::vector<std::string> gone;
    for (const auto& [id, member] : members_) {
        const bool waits = member.join_ticket || member.sync_ticket;
        if (member.session_deadline <= time.now && (member.is_new || !waits)) gone.push_back(id);
    }
    for (const std::string& id : gone)
        remove(members_.find(id), ErrorCode::unknown_member_id, effects);
    if (!gone.empty()) rebalance(time, effects);
}

void ClassicGroup::find_wake_at() {
    wake_at_ = Nanos::max();
    for (const auto& [id, deadline] : pending_) wake_by(deadline);
    for (const auto& [id, member] : members_) {
        // Who waits for an answer is not expected to send heartbeats.
        const bool waits = member.join_ticket || member.sync_ticket;
        if (member.is_new || !waits) wake_by(member.session_deadline);
    }
    if (join_deadline_) wake_by(*join_deadline_);
    if (sync_deadline_) wake_by(*sync_deadline_);
}

ClassicGroup::Member* ClassicGroup::find_static(const std::optional<std::string>& instance_id) {
    if (!instance_id) return nullptr;
    const auto known = member_by_instance_.find(*instance_id);
    if (known == member_by_instance_.end()) return nullptr;
    const auto member = members_.find(known->second);
    ASSERT(member != members_.end() && member->second.instance_id == instance_id);
    return &member->second;
}

const ClassicGroup::Member* ClassicGroup::find_static(
    const std::optional<std::string>& instance_id) const {
    return const_cast<ClassicGroup*>(this)->find_static(instance_id);
}

void ClassicGroup::note_alive(Member& member, Nanos now) {
    member.session_deadline =
        now + std::chrono::milliseconds(std::max(member.session_timeout_ms, 1));
    wake_by(member.session_deadline);
}

void ClassicGroup::count_protocols(const Member& member, int by) {
    for (const GroupProtocol& protocol : member.protocols) {
        size_t& count = supporters_[protocol.name];
        ASSERT(by > 0 || count > 0);
        count += by;
        if (count == 0) supporters_.erase(protocol.name);
    }
}

bool ClassicGroup::all_joined() const {
    const auto joined = [](const auto& entry) { return entry.second.join_ticket.has_value(); };
    return pending_.empty() && std::ranges::all_of(members_, joined);
}

Nanos ClassicGroup::rebalance_timeout() const {
    int32_t longest_ms = 1;
    for (const auto& [id, member] : members_)
        longest_ms = std::max(longest_ms, member.rebalance_timeout_ms);
    return std::chrono::milliseconds(longest_ms);
}

void ClassicGroup::set_state(State state, GroupTime time) {
    state_ = state;
    state_since_ms_ = time.wall_ms;
}

StoredGeneration ClassicGroup::as_stored(int64_t state_since_ms) const {
    StoredGeneration stored{.protocol_type = protocol_type_,
                            .generation = generation_,
                            .protocol = protocol_,
                            .leader = leader_,
                            .state_since_ms = state_since_ms};
    for (const auto& [id, member] : members_) {
        const auto chosen = std::ranges::find(member.protocols, protocol_, &GroupProtocol::name);
        stored.members.push_back({.id = id,
                                  .instance_id = member.instance_id,
                                  .client_id = member.client_id,
                                  .client_host = member.client_host,
                                  .rebalance_timeout_ms = member.rebalance_timeout_ms,
                                  .session_timeout_ms = member.session_timeout_ms,
                                  .subscription = chosen == member.protocols.end()
                                                      ? std::vector<uint8_t>{}
                                                      : chosen->metadata,
                                  .assignment = member.assignment});
    }
    return stored;
}

}  // namespace barnabas::broker
