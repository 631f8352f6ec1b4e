// SPDX-License-Identifier: Apache-2.0
// GroupShard: the groups of one partition of __consumer_offsets: what the log says (StoredGroups)
// and the live groups on top of it. Under one name there is one group, of whichever kind; a group
// becomes one of the other kind here. A state machine of plain functions; GroupCoordinator feeds it
// commands, and the records that were committed. Includes neither Asio, Disk nor Clock's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/group/classic_group.h"
#include "broker/group/consumer_group.h"
#include "broker/group/group_records.h"
#include "broker/group/group_types.h"

namespace barnabas::broker {

class GroupShard {
  public:
    // `limits` outlive the shard.
    explicit GroupShard(const GroupLimits& limits) : limits_(limits) {}
    GroupShard(const GroupShard&) = delete;
    GroupShard& operator=(const GroupShard&) = delete;

    // A committed record, at start-up and live alike. Those of consumer groups count at start-up
    // only: live they have been applied when they were decided, so that what is decided next sees
    // them. If such a record does not get into the log, the shard has to be made anew from the log.
    Result<void> apply(Bytes key, std::optional<Bytes> value);
    // A record of an open transaction, and the end of one.
    Result<void> hold(ProducerId producer, Bytes key, std::optional<Bytes> value) {
        return stored_.hold(producer, key, value);
    }
    void end_transaction(ProducerId producer, bool commit) {
        stored_.end_transaction(producer, commit);
    }
    // What decisions about consumer groups look at.
    void set_image(std::shared_ptr<const cluster::MetadataImage> image);
    using SettingsOf = std::function<ConsumerGroupSettings(const std::string& group)>;
    void set_consumer_groups(ConsumerGroupLimits limits, SettingsOf settings_of);
    // All of the log has been applied: groups come to life.
    void loaded(GroupTime time);

    void join(const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void sync(const SyncCommand& command, GroupTime time, GroupEffects& effects);
    ErrorCode heartbeat(const std::string& group, const MemberClaim& claim, GroupTime time);
    // KIP-848. The answer counts when the batches of `effects` are committed.
    ConsumerHeartbeatAnswer consumer_heartbeat(const ConsumerHeartbeat& command, GroupTime time,
                                               GroupEffects& effects);
    std::vector<ErrorCode> leave(const std::string& group, const std::vector<MemberClaim>& leaving,
                                 GroupTime time, GroupEffects& effects);
    // `version` is OffsetCommit's.
    ErrorCode check_commit(const std::string& group, const CommitClaim& claim, GroupTime time);
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

    // Null for groups that are not of the kind.
    const ClassicGroup* find(std::string_view group) const;
    const ConsumerGroup* find_consumer(std::string_view group) const;
    const ConsumerGroupLimits& consumer_limits() const { return consumer_limits_; }
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
    // One of the two.
    struct Entry {
        std::unique_ptr<ClassicGroup> group;
        std::unique_ptr<ConsumerGroup> consumer;
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
    void tick_one(Groups::iterator at, GroupTime time, GroupEffects& effects);
    void erase(Groups::iterator at);

    // group_shard_consumer.cc
    ConsumerGroupContext context(const std::string& group, GroupTime time) const;
    ConsumerHeartbeatAnswer join_new_consumer_group(const ConsumerHeartbeat& command,
                                                    Groups::iterator at, GroupTime time,
                                                    GroupEffects& effects);
    void join_consumer_group(Groups::iterator at, const JoinCommand& command, GroupTime time,
                             GroupEffects& effects);
    void downgrade_if_due(Groups::iterator at, Records& records, GroupTime time,
                          GroupEffects& effects);

    const GroupLimits& limits_;
    StoredGroups stored_;
    Groups groups_;
    std::set<std::pair<Nanos, std::string>> wake_ups_;
    uint64_t groups_made_ = 0;
    bool loaded_ = false;
    std::shared_ptr<const cluster::MetadataImage> image_ =
        std::make_shared<const cluster::MetadataImage>();
    uint64_t image_version_ = 1;
    ConsumerGroupLimits consumer_limits_;
    SettingsOf settings_of_;
};

}  // namespace barnabas::broker
