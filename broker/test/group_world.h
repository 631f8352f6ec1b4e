// SPDX-License-Identifier: Apache-2.0
// GroupWorld: a GroupShard, a log and a crowd of clients of both protocols that join, own, revoke
// late, lose answers, fall silent and come back, while topics come, grow and go, writes fail and
// the shard is made anew. All from one seed. After each event what must always hold is checked:
//
//   no partition is with two members; nobody owns what the group does not count as its;
//   targets give each partition once, and all of them; epochs do not go back;
//   what the log says is what is alive (G13), compacted or not.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "broker/group/consumer_group.h"
#include "broker/group/group_shard.h"

namespace barnabas::broker {

struct GroupWorldOptions {
    uint64_t seed = 1;
    int groups = 3;
    int clients = 12;
    bool consumer = true;  // clients of KIP-848
    bool classic = true;   // clients of the classic protocol
};

class GroupWorld {
  public:
    explicit GroupWorld(const GroupWorldOptions& options);
    void event();

    uint64_t conversions() const { return conversions_; }
    uint64_t revocations() const { return revocations_; }
    uint64_t replays() const { return replays_; }
    uint64_t fencings() const { return fencings_; }

  private:
    struct Client {
        int index = 0;
        std::string group{};
        bool classic = false;
        bool gone = true;
        std::optional<std::string> instance{};
        std::string member{};
        int32_t epoch = 0;  // or generation
        bool synced = false;
        std::string topic{};  // subscribed to this one and "t0", or by regular expression
        bool regex = false;
        std::set<TopicIdPartition> owned{};
        std::optional<std::set<TopicIdPartition>> told{};  // to be owned, some time
        std::optional<GroupTicket> waits{};
        int lives = 0;
    };
    // On its way into the log.
    struct Pending {
        GroupBatch batch{};
        std::optional<GroupWrite> write{};
        // Who is answered when it is committed.
        std::vector<std::pair<int, ConsumerHeartbeatAnswer>> answers{};
    };
    struct Seen {
        bool known = false;
        int32_t epoch = 0;
        int32_t target_epoch = 0;
    };

    uint64_t pick(uint64_t below) { return random_.below(below); }
    bool chance(int percent) { return pick(100) < static_cast<uint64_t>(percent); }
    GroupTime time() const;
    void take(GroupEffects effects);

    // Clients.
    void act(Client& client);
    void start(Client& client);
    void act_consumer(Client& client);
    void heartbeat(Client& client, int32_t epoch, bool full);
    void on_heartbeat(Client& client, const ConsumerHeartbeatAnswer& answer);
    void leave(Client& client);
    void act_classic(Client& client);
    void join(Client& client);
    void sync(Client& client, const JoinAnswer& answer);
    void on_join(const JoinAnswer& answer);
    void on_sync(const SyncAnswer& answer);
    void reset(Client& client);
    std::vector<uint8_t> subscription_of(const Client& client) const;
    std::vector<SyncCommand::Assignment> assign(const JoinAnswer& answer) const;
    std::vector<std::string> topics_of(const Client& client) const;

    // The rest of the world.
    void commit();
    void restart(bool lose_pending);
    void pass_time();
    void change_topics();
    void compact();
    void set_topics();
    std::unique_ptr<GroupShard> make_shard() const;
    std::unique_ptr<GroupShard> replayed(bool with_pending) const;

    // What must hold.
    void check();
    void check_group(const ConsumerGroup& group);
    void check_target(const ConsumerGroup& group) const;
    void check_owners(const ConsumerGroup& group) const;
    void check_replay();

    const GroupWorldOptions options_;
    Random random_;
    GroupLimits limits_;
    std::map<std::string, int> topics_;  // partitions by name
    std::map<std::string, int> topic_lives_;
    std::shared_ptr<const cluster::MetadataImage> image_;
    std::unique_ptr<GroupShard> shard_;
    std::vector<CoordinatorRecord> log_;
    std::deque<Pending> pending_;
    std::vector<Client> clients_;
    std::map<std::string, Seen> seen_;
    Nanos now_{};
    GroupTicket last_ticket_ = 0;
    uint64_t events_ = 0, conversions_ = 0, revocations_ = 0, replays_ = 0, fencings_ = 0;
};

}  // namespace barnabas::broker
