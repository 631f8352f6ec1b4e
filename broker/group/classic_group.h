// SPDX-License-Identifier: Apache-2.0
// ClassicGroup: one consumer group of the classic protocol: members, generations, who waits for
// what. A state machine of plain functions: time is an argument, what is to be done comes back as
// GroupEffects. Owned by a GroupShard. Includes neither Asio, Disk nor Clock's loop.
//
//     empty -> preparing_rebalance    a member joins
//     preparing -> completing         all have joined, or the time for it is over
//     completing -> stable            the leader's assignment is written
//     completing, stable -> preparing somebody joins, leaves, or is given up
//     preparing -> empty              nobody is left
//
// What the log holds (StoredGeneration) follows this machine: a generation is written when the
// leader hands in its assignment, and when the group becomes empty.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/group.h"

namespace barnabas::broker {

class ClassicGroup final : public Group {
  public:
    enum class State { empty, preparing_rebalance, completing_rebalance, stable };

    // Ids of writes begin at `first_write_id`: no other group of the name has used them.
    ClassicGroup(std::string id, const GroupLimits& limits, uint64_t first_write_id = 1);
    // A member, for groups of another kind to take it over.
    struct MemberFacts {
        StoredMember stored{};  // with the subscription of the chosen protocol
        std::vector<GroupProtocol> protocols{};
    };
    std::vector<MemberFacts> member_facts() const;
    // Becomes, stable, what a group of another kind was. All members share a protocol.
    void adopt(int32_t generation, const std::vector<MemberFacts>& members, GroupTime time);
    void start_rebalance(GroupTime time, GroupEffects& effects) { rebalance(time, effects); }
    // As a coordinator finds it in the log: every member gets a full session (G18).
    void restore(const StoredGeneration& stored, Nanos now);

    // Answered in `effects` now or by a later step. Limits and group id have been checked.
    void join(const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void sync(const SyncCommand& command, GroupTime time, GroupEffects& effects);
    ErrorCode heartbeat(const MemberClaim& claim, GroupTime time);
    // One result for each of `leaving`.
    std::vector<ErrorCode> leave(const std::vector<MemberClaim>& leaving, GroupTime time,
                                 GroupEffects& effects);
    // Whether the claimant may commit offsets (G04, G21); counts as a sign of life.
    ErrorCode check_commit(const MemberClaim& claim, bool transactional, GroupTime time);
    // A write asked for in effects has come to its end.
    void written(uint64_t write_id, ErrorCode error, GroupTime time, GroupEffects& effects);
    // Does what is due; to be called at or after wake_at().
    void tick(GroupTime time, GroupEffects& effects);
    // Answers everybody who waits with `error`: the group is to be forgotten here.
    void abandon(ErrorCode error, GroupEffects& effects);

    // Not later than the next deadline; Nanos::max() without any.
    Nanos wake_at() const { return wake_at_; }
    State state() const { return state_; }
    int32_t generation() const { return generation_; }

    GroupType type() const override { return GroupType::classic; }
    const std::string& id() const override { return id_; }
    std::string_view state_name() const override;
    std::string_view protocol_type() const override { return protocol_type_; }
    bool has_members() const override { return !members_.empty() || !pending_.empty(); }
    bool subscribed_to(std::string_view topic) const override;
    ErrorCode check_offset_commit(const CommitClaim& claim, GroupTime time) override;
    ErrorCode check_offset_fetch(const MemberClaim&) const override { return ErrorCode::none; }
    std::optional<int64_t> unused_since_ms(const CommittedOffset& committed) const override;
    std::vector<CoordinatorRecord> tombstones() const override;

    bool knows_write(uint64_t write_id) const { return writes_.contains(write_id); }
    const std::optional<std::string>& protocol() const { return protocol_; }
    size_t member_count() const { return members_.size(); }
    size_t pending_count() const { return pending_.size(); }
    // Nobody is in it and nothing of it is on its way into the log.
    bool idle() const { return members_.empty() && pending_.empty() && writes_.empty(); }
    // What the log holds once the last write is committed (for G13's check).
    StoredGeneration as_stored(int64_t state_since_ms) const;
    bool is_written() const { return state_ == State::stable && writes_.empty(); }
    int64_t state_since_ms() const { return state_since_ms_; }

  private:
    struct Member {
        std::string id{};
        std::optional<std::string> instance_id{};
        std::string client_id{};
        std::string client_host{};
        int32_t session_timeout_ms = 0;
        int32_t rebalance_timeout_ms = 0;
        std::vector<GroupProtocol> protocols{};
        std::vector<uint8_t> assignment{};
        Nanos session_deadline{};
        bool is_new = false;
        bool owes_sync = false;  // was told the generation, has not asked for its assignment
        std::optional<GroupTicket> join_ticket{};
        std::optional<GroupTicket> sync_ticket{};
    };
    using Members = std::map<std::string, Member, std::less<>>;
    // A write on its way, and what it was for.
    struct PendingWrite {
        enum class Reason { assignment, empty, replaced_member } reason;
        int32_t generation = 0;
        // replaced_member: whose join waits.
        std::string member_id{};
        std::string old_leader{};
        bool can_skip_assignment = false;
    };

    // classic_group_join.cc
    bool has_room_for(const JoinCommand& command) const;
    bool supports(const JoinCommand& command) const;
    void join_new(const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void join_known(const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void rejoin(Member& member, const JoinCommand& command, GroupTime time, GroupEffects& effects);
    void add_member(const JoinCommand& command, const std::string& id, GroupTime time,
                    GroupEffects& effects);
    void replace_static(Member& old, const JoinCommand& command, GroupTime time,
                        GroupEffects& effects);
    void take_join(Member& member, const JoinCommand& command, GroupEffects& effects);
    void answer_replaced(const PendingWrite& write, ErrorCode error, GroupTime time,
                         GroupEffects& effects);

    // classic_group_rebalance.cc
    void rebalance(GroupTime time, GroupEffects& effects);
    void prepare(GroupTime time, GroupEffects& effects);
    void complete_join_if_ready(GroupTime time, GroupEffects& effects);
    void join_time_over(GroupTime time, GroupEffects& effects);
    void complete_join(GroupTime time, GroupEffects& effects);
    void begin_generation(GroupTime time, GroupEffects& effects);
    bool elect_leader();
    std::optional<std::string> select_protocol() const;
    void sync_time_over(GroupTime time, GroupEffects& effects);
    void propagate_assignment(ErrorCode error, GroupTime time, GroupEffects& effects);
    void set_assignments(const SyncCommand& command);
    void request_write(PendingWrite write, GroupTime time, GroupEffects& effects);

    // classic_group.cc
    ErrorCode check_member(const MemberClaim& claim) const;
    ErrorCode check_sync(const SyncCommand& command) const;
    void remove(Members::iterator member, ErrorCode why, GroupEffects& effects);
    Member* find_static(const std::optional<std::string>& instance_id);
    const Member* find_static(const std::optional<std::string>& instance_id) const;
    void note_alive(Member& member, Nanos now);
    void count_protocols(const Member& member, int by);
    void wake_by(Nanos deadline) { wake_at_ = std::min(wake_at_, deadline); }
    void expire_members(GroupTime time, GroupEffects& effects);
    void find_wake_at();
    bool all_joined() const;
    bool writes_assignment() const;
    Nanos rebalance_timeout() const;
    void set_state(State state, GroupTime time);
    JoinAnswer join_answer(const Member& member, bool with_members) const;
    static void refuse(const JoinCommand& command, ErrorCode error, std::string member_id,
                       GroupEffects& effects);

    const std::string id_;
    const GroupLimits& limits_;
    State state_ = State::empty;
    int64_t state_since_ms_ = -1;
    int32_t generation_ = 0;
    std::string protocol_type_;
    std::optional<std::string> protocol_;
    std::optional<std::string> leader_;
    Members members_;
    std::map<std::string, std::string, std::less<>> member_by_instance_;
    // By protocol name, how many members support it.
    std::map<std::string, size_t, std::less<>> supporters_;
    // Ids that were given out and not used yet, and until when that may happen (G01).
    std::map<std::string, Nanos, std::less<>> pending_;
    // Set while preparing; the first rebalance of a group waits a little longer for each newcomer.
    std::optional<Nanos> join_deadline_;
    bool initial_ = false;
    bool newcomer_ = false;
    Nanos initial_left_{};
    // Set while members owe a sync.
    std::optional<Nanos> sync_deadline_;
    std::map<uint64_t, PendingWrite> writes_;
    uint64_t next_write_;
    Nanos wake_at_ = Nanos::max();
};

}  // namespace barnabas::broker
