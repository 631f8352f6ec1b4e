// SPDX-License-Identifier: Apache-2.0
// GroupShard: the groups of one partition of __consumer_offsets: what the log says (StoredGroups)
// and the live groups on top of it. A state machine of plain functions; GroupCoordinator feeds it
// commands, and the records that were committed. Includes neither Asio, Disk nor Clock's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/group/classic_group.h"
#include "broker/group/group_records.h"
#include "broker/group/group_types.h"

namespace barnabas::broker {

class GroupShard {
  public:
    // `limits` outlive the shard.
    explicit GroupShard(const GroupLimits& limits) : limits_(limits) {}
    GroupShard(const GroupShard&) = delete;
    GroupShard& operator=(const GroupShard&) = delete;

    // A committed record, at start-up and live alike.
    Result<void> apply(Bytes key, std::optional<Bytes> value) { return stored_.apply(key, value); }
    // All of the log has been applied: groups come to life.
    void loaded(GroupTime time);

    void join(const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void sync(const SyncCommand& command, GroupTime time, GroupEffects& effects);
    ErrorCode heartbeat(const std::string& group, const MemberClaim& claim, GroupTime time);
    std::vector<ErrorCode> leave(const std::string& group, const std::vector<MemberClaim>& leaving,
                                 GroupTime time, GroupEffects& effects);
    // `version` is OffsetCommit's.
    ErrorCode check_commit(const std::string& group, const MemberClaim& claim, int16_t version,
                           GroupTime time);
    // Committed offsets are read from here.
    const StoredGroups& stored() const { return stored_; }

    // The outcome of a write; with success its record has been applied.
    void written(const std::string& group, uint64_t write_id, ErrorCode error, GroupTime time,
                 GroupEffects& effects);
    // Does what is due; to be called at or after wake_at().
    void tick(GroupTime time, GroupEffects& effects);
    Nanos wake_at() const { return wake_ups_.empty() ? Nanos::max() : wake_ups_.begin()->first; }
    // Answers everybody who waits with `error`.
    void abandon(ErrorCode error, GroupEffects& effects);

    const ClassicGroup* find(std::string_view group) const;
    size_t size() const { return groups_.size(); }

    // A group of any kind that has or had members; groups that only have offsets are in stored().
    // Null if there is none.
    Group* find_group(std::string_view group);
    const Group* find_group(std::string_view group) const;
    void for_each_group(const std::function<void(const Group&)>& visit) const;
    // Forgets a group without members at once, and gives the records that have to be written for
    // that. Nothing for groups that are not known.
    std::vector<CoordinatorRecord> remove_group(std::string_view group);

  private:
    struct Entry {
        std::unique_ptr<ClassicGroup> group;
        Nanos wake_at = Nanos::max();  // as entered in wake_ups_
    };
    using Groups = std::map<std::string, Entry, std::less<>>;

    ClassicGroup* find_live(std::string_view group);
    std::unique_ptr<ClassicGroup> make_classic(const std::string& id);
    // To be called after each step of a group: enters its next deadline, forgets it if it is
    // empty and the log does not know it.
    void settle(Groups::iterator at);
    void settle(std::string_view group);
    void check_replay(const ClassicGroup& group) const;

    const GroupLimits& limits_;
    StoredGroups stored_;
    Groups groups_;
    std::set<std::pair<Nanos, std::string>> wake_ups_;
    uint64_t groups_made_ = 0;
};

}  // namespace barnabas::broker
