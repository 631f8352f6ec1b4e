// SPDX-License-Identifier: Apache-2.0
// ConsumerGroup: one group of KIP-848: the server decides who has what, members reconcile with it
// one heartbeat at a time. Members of the classic protocol may be among them while an application
// is upgraded. A state machine of plain functions: a command is checked, then decided step by step;
// each step makes a record, which is applied at once and handed out to be written. Time, cluster
// metadata and settings are arguments. Owned by a GroupShard. Includes neither Asio, Disk nor
// Clock's loop.
//
// What the log does not hold are deadlines: who must be heard of until when.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/consumer_group_state.h"
#include "broker/group/group.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

// What a decision may look at besides the group.
struct ConsumerGroupContext {
    GroupTime time{};
    const cluster::MetadataImage& image;
    // Other than when topics were looked at last: look again.
    uint64_t image_version = 0;
    const ConsumerGroupLimits& limits;
    ConsumerGroupSettings settings{};
};

using Records = std::vector<CoordinatorRecord>;

class ConsumerGroup final : public Group {
  public:
    explicit ConsumerGroup(std::string id) : id_(std::move(id)) {}

    // A record from the log. Whoever decides applies its own records itself.
    void apply(const ConsumerGroupChange& change) { state_.apply(change); }
    // All of the log has been applied: every member gets a full session (G18).
    void loaded(const ConsumerGroupContext& ctx);

    // Checked has been what the request says by itself. Records in `out` belong together.
    ConsumerHeartbeatAnswer heartbeat(const ConsumerHeartbeat& command,
                                      const ConsumerGroupContext& ctx, Records& out);
    // The same requests as a classic group gets, from members of the classic protocol.
    JoinAnswer classic_join(const JoinCommand& command, const ConsumerGroupContext& ctx,
                            Records& out);
    SyncAnswer classic_sync(const SyncCommand& command, const ConsumerGroupContext& ctx);
    ErrorCode classic_heartbeat(const MemberClaim& claim, const ConsumerGroupContext& ctx);
    std::vector<ErrorCode> classic_leave(const std::vector<MemberClaim>& leaving,
                                         const ConsumerGroupContext& ctx, Records& out);
    // Fences whoever was not heard of; to be called at or after wake_at().
    void tick(const ConsumerGroupContext& ctx, Records& out);
    // Not later than the next deadline; Nanos::max() without any.
    Nanos wake_at() const { return wake_at_; }
    // Becomes what the classic group of that name was.
    void adopt(const StoredGeneration& generation, const std::vector<ConsumerMember>& members,
               const ConsumerGroupContext& ctx, Records& out);
    // The last member of the new protocol has gone, or has become a classic one: the group is to
    // become a classic one. Said once.
    enum class Downgrade { none, as_it_is, with_rebalance };
    Downgrade take_downgrade() { return std::exchange(downgrade_, Downgrade::none); }

    GroupType type() const override { return GroupType::consumer; }
    const std::string& id() const override { return id_; }
    std::string_view state_name() const override;
    std::string_view protocol_type() const override { return "consumer"; }
    bool has_members() const override { return !state_.members().empty(); }
    bool subscribed_to(std::string_view topic) const override;
    ErrorCode check_offset_commit(const CommitClaim& claim, GroupTime time) override;
    ErrorCode check_offset_fetch(const MemberClaim& claim) const override;
    std::vector<CoordinatorRecord> tombstones() const override;

    const ConsumerGroupState& state() const { return state_; }
    // The assignor that most members voted for, else the default.
    std::string assignor_name(const ConsumerGroupLimits& limits) const;

  private:
    template <class T>
    using Checked = std::expected<T, Refusal>;
    struct Deadlines {
        Nanos session = Nanos::max();
        Nanos rebalance = Nanos::max();  // to have revoked, while at `rebalance_epoch`
        int32_t rebalance_epoch = 0;
        Nanos join = Nanos::max();  // classic members: to join again
        Nanos sync = Nanos::max();  // classic members: to ask for the assignment
    };
    // What a member that joins or heartbeats was and becomes.
    struct Arrival {
        ConsumerMember before{};
        ConsumerMember after{};
        std::optional<std::string> replaces{};  // the member whose place it takes
    };

    // consumer_group_heartbeat.cc
    ConsumerHeartbeatAnswer leave(const ConsumerHeartbeat& command, const ConsumerGroupContext& ctx,
                                  Records& out);
    Checked<void> check_room(const std::string& member_id, const ConsumerGroupLimits& limits) const;
    Checked<Arrival> arrive(const ConsumerHeartbeat& command) const;
    Checked<void> check_epoch(const ConsumerMember& member, const ConsumerHeartbeat& command) const;
    Checked<void> check_regex(const Arrival& arrival) const;
    ConsumerHeartbeatAnswer answer(const ConsumerHeartbeat& command, const ConsumerMember& before,
                                   const ConsumerGroupContext& ctx) const;
    void note_motion(Nanos now);
    int32_t heartbeat_interval_ms(const ConsumerGroupContext& ctx) const;

    // consumer_group_steps.cc
    void add(CoordinatorRecord record, Records& out);
    void enter(const Arrival& arrival, const ConsumerGroupContext& ctx, Records& out);
    void move_member(const std::string& from, const std::string& to, Records& out);
    bool update_regexes(const Arrival& arrival, const ConsumerGroupContext& ctx, Records& out);
    void resolve(const std::string& regex, const ConsumerGroupContext& ctx, Records& out);
    void drop_regexes(Records& out);
    void update_target(const ConsumerGroupContext& ctx, Records& out);
    bool may_assign(const ConsumerGroupContext& ctx) const;
    Checked<void> reconcile_member(const std::string& id, const std::optional<PartitionSet>& owned,
                                   bool subscription_changed, const ConsumerGroupContext& ctx,
                                   Records& out);
    void fence(const std::vector<std::string>& ids, const ConsumerGroupContext& ctx, Records& out);
    bool may_downgrade(size_t modern_before, const ConsumerGroupLimits& limits) const;
    uint64_t compute_hash(const cluster::MetadataImage& image) const;
    bool wants(const ConsumerMember& member, const Uuid& topic,
               const cluster::MetadataImage& image) const;

    // consumer_group_classic.cc
    Checked<Arrival> arrive_classic(const JoinCommand& command, const std::string& id) const;
    bool supports_classic(const JoinCommand& command) const;
    ErrorCode check_classic(const MemberClaim& claim, const ConsumerMember*& member) const;
    ErrorCode find_leaving(const MemberClaim& claim, std::string& id) const;
    bool waits_for_others(const ConsumerMember& member) const;

    // consumer_group.cc
    void see(const ConsumerMember& member, const ConsumerGroupContext& ctx);
    void wake_by(Nanos deadline) { wake_at_ = std::min(wake_at_, deadline); }
    size_t modern_members() const { return state_.members().size() - state_.classic_members(); }
    Refusal not_a_member(std::string_view id) const;

    const std::string id_;
    ConsumerGroupState state_;
    std::map<std::string, Deadlines, std::less<>> deadlines_;
    Nanos wake_at_ = Nanos::max();
    uint64_t seen_image_ = 0;
    // The newest epoch that a heartbeat has seen, and since when.
    int32_t moved_to_ = -1;
    Nanos moved_at_{};
    Downgrade downgrade_ = Downgrade::none;
};

// What a request says by itself, whatever the group is: invalid_request, unsupported_assignor.
std::expected<void, Refusal> check_consumer_heartbeat(const ConsumerHeartbeat& command,
                                                      const ConsumerGroupLimits& limits);
ConsumerHeartbeatAnswer refuse_heartbeat(Refusal refusal);

}  // namespace barnabas::broker
