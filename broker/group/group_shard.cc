// SPDX-License-Identifier: Apache-2.0
// GroupShard: finds the group a command is for, keeps its deadlines, forgets groups that are
// nothing.
#include "broker/group/group_shard.h"

#include "base/assert.h"

namespace barnabas::broker {
namespace {

// Of OffsetCommit.
constexpr int16_t first_version_with_group_id_not_found = 9;

}  // namespace

void GroupShard::loaded(GroupTime time) {
    ASSERT(!std::exchange(loaded_, true), "loaded once");
    for (auto at = groups_.begin(); at != groups_.end();) {
        const auto next = std::next(at);
        const StoredGroup* stored = stored_.find(at->first);
        const bool classic = stored != nullptr && stored->generation.has_value();
        // Nothing writes both kinds under one name; members decide if somebody did.
        if (at->second.consumer->state().nothing() ||
            (classic && !at->second.consumer->has_members())) {
            groups_.erase(at);
        } else {
            at->second.consumer->loaded(context(at->first, time));
            settle(at);
        }
        at = next;
    }
    for (const auto& [id, stored] : stored_.all()) {
        if (!stored.generation || groups_.contains(id)) continue;
        const auto at = groups_.emplace(id, Entry{}).first;
        at->second.group = make_classic(id);
        at->second.group->restore(*stored.generation, time.now);
        settle(at);
    }
}

void GroupShard::join(const JoinCommand& command, GroupTime time, GroupEffects& effects) {
    JoinAnswer refused{.ticket = command.ticket, .member_id = command.member_id};
    if (command.group.empty())
        refused.error = ErrorCode::invalid_group_id;
    else if (command.session_timeout_ms < limits_.session_timeout_min_ms ||
             command.session_timeout_ms > limits_.session_timeout_max_ms)
        refused.error = ErrorCode::invalid_session_timeout;
    const auto known = groups_.find(command.group);
    const bool consumer = known != groups_.end() && known->second.consumer;
    if (refused.error == ErrorCode::none && consumer && known->second.consumer->has_members())
        return join_consumer_group(known, command, time, effects);
    if (refused.error == ErrorCode::none && !command.member_id.empty() && !find(command.group))
        refused.error = ErrorCode::unknown_member_id;
    if (refused.error != ErrorCode::none) {
        effects.joins.push_back(std::move(refused));
        return;
    }
    // Whoever comes first decides what an empty group is.
    if (consumer) effects.batches.push_back({command.group, remove_group(command.group), {}});
    const auto at = groups_.emplace(command.group, Entry{}).first;
    if (!at->second.group) at->second.group = make_classic(at->first);
    at->second.group->join(command, time, effects);
    settle(at);
}

void GroupShard::sync(const SyncCommand& command, GroupTime time, GroupEffects& effects) {
    if (const auto at = groups_.find(command.group); at != groups_.end() && at->second.consumer) {
        effects.syncs.push_back(
            at->second.consumer->classic_sync(command, context(command.group, time)));
        return settle(at);
    }
    ClassicGroup* group = find_live(command.group);
    if (group == nullptr) {
        const ErrorCode error =
            command.group.empty() ? ErrorCode::invalid_group_id : ErrorCode::unknown_member_id;
        effects.syncs.push_back({.ticket = command.ticket, .error = error});
        return;
    }
    group->sync(command, time, effects);
    settle(command.group);
}

ErrorCode GroupShard::heartbeat(const std::string& group, const MemberClaim& claim,
                                GroupTime time) {
    if (group.empty()) return ErrorCode::invalid_group_id;
    if (const auto at = groups_.find(group); at != groups_.end() && at->second.consumer) {
        const ErrorCode error = at->second.consumer->classic_heartbeat(claim, context(group, time));
        settle(at);
        return error;
    }
    ClassicGroup* live = find_live(group);
    // Deadlines only move away: the group is looked at when the old one is due.
    return live == nullptr ? ErrorCode::unknown_member_id : live->heartbeat(claim, time);
}

std::vector<ErrorCode> GroupShard::leave(const std::string& group,
                                         const std::vector<MemberClaim>& leaving, GroupTime time,
                                         GroupEffects& effects) {
    if (const auto at = groups_.find(group); at != groups_.end() && at->second.consumer) {
        GroupBatch batch{.group = group};
        auto results =
            at->second.consumer->classic_leave(leaving, context(group, time), batch.records);
        downgrade_if_due(at, batch.records, time, effects);
        if (!batch.records.empty()) effects.batches.push_back(std::move(batch));
        settle(at);
        return results;
    }
    ClassicGroup* live = find_live(group);
    if (live == nullptr)
        return std::vector<ErrorCode>(leaving.size(), ErrorCode::unknown_member_id);
    std::vector<ErrorCode> results = live->leave(leaving, time, effects);
    settle(group);
    return results;
}

ErrorCode GroupShard::check_commit(const std::string& group, const CommitClaim& claim,
                                   GroupTime time) {
    if (Group* live = find_group(group)) return live->check_offset_commit(claim, time);
    if (claim.member.generation < 0) return ErrorCode::none;
    if (claim.transactional && stored_.find(group) == nullptr) return ErrorCode::illegal_generation;
    // It has offsets and no members.
    if (stored_.find(group) != nullptr) return ErrorCode::unknown_member_id;
    return claim.version >= first_version_with_group_id_not_found ? ErrorCode::group_id_not_found
                                                                  : ErrorCode::illegal_generation;
}

void GroupShard::written(const std::string& group, uint64_t write_id, ErrorCode error,
                         GroupTime time, GroupEffects& effects) {
    ClassicGroup* live = find_live(group);
    // The group may have been removed, or be another one of the same name.
    if (live == nullptr || !live->knows_write(write_id)) return;
    live->written(write_id, error, time, effects);
    if (error == ErrorCode::none) check_replay(*live);
    settle(group);
}

// G13: what a restart would find is what is alive.
void GroupShard::check_replay(const ClassicGroup& group) const {
    if (!group.is_written()) return;
    const StoredGroup* stored = stored_.find(group.id());
    ASSERT(stored != nullptr && stored->generation);
    ASSERT(group.as_stored(stored->generation->state_since_ms) == *stored->generation);
}

void GroupShard::tick(GroupTime time, GroupEffects& effects) {
    while (!wake_ups_.empty() && wake_ups_.begin()->first <= time.now) {
        const auto at = groups_.find(wake_ups_.begin()->second);
        ASSERT(at != groups_.end());
        tick_one(at, time, effects);
    }
}

void GroupShard::abandon(ErrorCode error, GroupEffects& effects) {
    for (auto& [id, entry] : groups_)
        if (entry.group) entry.group->abandon(error, effects);
}

const ClassicGroup* GroupShard::find(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : found->second.group.get();
}

std::unique_ptr<ClassicGroup> GroupShard::make_classic(const std::string& id) {
    // Write ids of groups that came and went under one name stay apart.
    return std::make_unique<ClassicGroup>(id, limits_, (++groups_made_ << 32) + 1);
}

Group* GroupShard::find_group(std::string_view group) {
    return const_cast<Group*>(std::as_const(*this).find_group(group));
}

const Group* GroupShard::find_group(std::string_view group) const {
    const auto found = groups_.find(group);
    if (found == groups_.end()) return nullptr;
    if (found->second.consumer) return found->second.consumer.get();
    return found->second.group.get();
}

const ConsumerGroup* GroupShard::find_consumer(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : found->second.consumer.get();
}

void GroupShard::for_each_group(const std::function<void(const Group&)>& visit) const {
    for (const auto& [id, entry] : groups_) visit(*find_group(id));
}

std::vector<CoordinatorRecord> GroupShard::remove_group(std::string_view group) {
    const auto at = groups_.find(group);
    if (at == groups_.end()) return {};
    const Group& known = *find_group(group);
    ASSERT(!known.has_members());
    std::vector<CoordinatorRecord> records = known.tombstones();
    erase(at);
    return records;
}

void GroupShard::erase(Groups::iterator at) {
    if (at->second.wake_at != Nanos::max()) wake_ups_.erase({at->second.wake_at, at->first});
    groups_.erase(at);
}

void GroupShard::tick_one(Groups::iterator at, GroupTime time, GroupEffects& effects) {
    if (at->second.consumer) {
        GroupBatch batch{.group = at->first};
        at->second.consumer->tick(context(at->first, time), batch.records);
        downgrade_if_due(at, batch.records, time, effects);
        if (!batch.records.empty()) effects.batches.push_back(std::move(batch));
    } else {
        at->second.group->tick(time, effects);
    }
    settle(at);
}

ClassicGroup* GroupShard::find_live(std::string_view group) {
    return const_cast<ClassicGroup*>(find(group));
}

void GroupShard::settle(std::string_view group) {
    const auto at = groups_.find(group);
    ASSERT(at != groups_.end());
    settle(at);
}

void GroupShard::settle(Groups::iterator at) {
    Entry& entry = at->second;
    const StoredGroup* stored = stored_.find(at->first);
    const bool unknown_to_log = stored == nullptr || !stored->generation;
    const bool forget = unknown_to_log && entry.group && entry.group->idle();
    const Nanos due = entry.group ? entry.group->wake_at() : entry.consumer->wake_at();
    const Nanos wake_at = forget ? Nanos::max() : due;
    if (wake_at != entry.wake_at) {
        if (entry.wake_at != Nanos::max()) wake_ups_.erase({entry.wake_at, at->first});
        if (wake_at != Nanos::max()) wake_ups_.emplace(wake_at, at->first);
        entry.wake_at = wake_at;
    }
    if (forget) groups_.erase(at);
}

}  // namespace barnabas::broker
