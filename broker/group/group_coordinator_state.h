// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator::State: what the group_coordinator*.cc files share: the loaded partitions, who
// waits for which answer, and how what a machine asked for is done. Between two suspensions a
// machine is in one piece. Private to those files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/log_line.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "broker/broker_config.h"
#include "broker/coordinator/coordinator_log.h"
#include "broker/coordinator/key_hash.h"
#include "broker/coordinator/write_errors.h"
#include "broker/group/consumer_group_settings.h"
#include "broker/group/group_clock.h"
#include "broker/group/group_coordinator.h"
#include "broker/group/group_shard.h"
#include "broker/group/pending_commits.h"
#include "broker/partition/partition_table.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

inline GroupLimits limits_of(const BrokerConfig& config) {
    return {.session_timeout_min_ms = config.group_min_session_timeout_ms,
            .session_timeout_max_ms = config.group_max_session_timeout_ms,
            .members_max = config.group_max_size,
            .initial_delay = std::chrono::milliseconds(config.group_initial_rebalance_delay_ms)};
}

// One partition of __consumer_offsets: the machine, and the log below it.
class LoadedShard final : public CoordinatorMachine {
  public:
    LoadedShard(Clock& clock_in, GroupClock& group_clock, std::shared_ptr<Partition> partition,
                const GroupLimits& limits)
        : groups(limits),
          batch_ended(clock_in),
          log(clock_in, partition, *this),
          group_clock_(group_clock),
          partition_(std::move(partition)) {}

    Result<void> apply(Bytes key, std::optional<Bytes> value) override {
        // Something got into the log of which decisions here knew nothing.
        if (log.active()) outdated = true;
        return groups.apply(key, value);
    }
    Result<void> committed(Bytes key, std::optional<Bytes> value) override {
        return groups.apply(key, value);
    }
    TransactionGuards& guards() { return partition_->guards(); }
    Result<void> hold(ProducerId producer, Bytes key, std::optional<Bytes> value) override {
        return groups.hold(producer, key, value);
    }
    void end_transaction(ProducerId producer, bool commit) override {
        groups.end_transaction(producer, commit);
    }
    void loaded() override {
        groups.loaded(group_clock_.now());
        if (on_loaded) on_loaded();
    }

    GroupShard groups;
    // Batches of consumer groups that are on their way into the log, and a signal for their ends.
    uint64_t batches_begun = 0;
    uint64_t batches_ended = 0;
    Signal batch_ended;
    bool outdated = false;
    CoordinatorLog log;
    PendingCommits commits;
    PendingCommits transactional_commits;  // those among them that are part of a transaction
    std::function<void()> on_loaded;

  private:
    GroupClock& group_clock_;
    const std::shared_ptr<Partition> partition_;
};

using ShardPointer = std::shared_ptr<LoadedShard>;

struct GroupCoordinator::State : std::enable_shared_from_this<State> {
    State(boost::asio::any_io_executor executor, Clock& clock_in, Random& random_in,
          const BrokerConfig& config_in, PartitionTable& partitions_in,
          const cluster::ClusterNode& cluster_in)
        : clock(clock_in),
          group_clock(clock_in),
          random(random_in),
          config(config_in),
          partitions(partitions_in),
          cluster(cluster_in),
          limits(limits_of(config_in)),
          rescheduled(clock_in),
          ended(clock_in),
          tasks(std::move(executor), clock_in) {}

    template <class Answer>
    using Waiting = std::unordered_map<GroupTicket, std::shared_ptr<storage::OneShot<Answer>>>;

    Clock& clock;
    GroupClock group_clock;
    Random& random;
    const BrokerConfig& config;
    PartitionTable& partitions;
    const cluster::ClusterNode& cluster;
    const GroupLimits limits;
    std::map<PartitionIndex, ShardPointer> shards;
    Waiting<JoinAnswer> joins;
    Waiting<SyncAnswer> syncs;
    GroupTicket last_ticket = 0;
    Signal rescheduled;
    Signal ended;
    Nanos ticks_at = Nanos::max();
    bool ticking = false;
    bool stopping = false;
    TaskGroup tasks;

    GroupTime time() { return group_clock.now(); }

    PartitionIndex partition_of(std::string_view group) const {
        const auto topic = cluster.image()->topic(cluster::offsets_topic);
        const int32_t count = topic ? static_cast<int32_t>(topic->partitions.size())
                                    : config.offsets_topic_partitions;
        return PartitionIndex{partition_for_key(group, std::max(count, 1))};
    }

    // The shard of a group, or why there is none.
    ErrorCode find(std::string_view group, ShardPointer& shard) const {
        if (stopping) return ErrorCode::coordinator_not_available;
        const auto found = shards.find(partition_of(group));
        if (found == shards.end()) return ErrorCode::not_coordinator;
        if (!found->second->log.active()) return ErrorCode::coordinator_load_in_progress;
        shard = found->second;
        shard->groups.set_image(cluster.image());
        return ErrorCode::none;
    }

    // The same for requests that need a group with a name; commits may be nobody's.
    ErrorCode find_named(std::string_view group, ShardPointer& shard) const {
        return group.empty() ? ErrorCode::invalid_group_id : find(group, shard);
    }

    template <class Answer>
    static void deliver(Waiting<Answer>& waiting, std::vector<Answer>& answers) {
        for (Answer& answer : answers) {
            const auto found = waiting.find(answer.ticket);
            ASSERT(found != waiting.end(), "each ticket is answered once");
            const auto slot = std::move(found->second);
            waiting.erase(found);
            slot->set(std::move(answer));
        }
    }

    // Does what a step of `shard` asked for.
    void carry_out(const ShardPointer& shard, GroupEffects effects) {
        deliver(joins, effects.joins);
        deliver(syncs, effects.syncs);
        for (GroupBatch& batch : effects.batches)
            tasks.spawn(finish_batch(shared_from_this(),
                                     begin_batch(shard, std::move(batch.records)),
                                     std::move(batch.joins)));
        for (GroupWrite& write : effects.writes) {
            std::vector<CoordinatorRecord> records;
            records.push_back(std::move(write.record));
            auto writing = shard->log.write(std::move(records), Nanos::max());
            tasks.spawn(finish_write(shared_from_this(), shard, std::move(write.group), write.id,
                                     std::move(writing)));
        }
        if (shard->groups.wake_at() < ticks_at) rescheduled.notify_all();
    }

    static Task<void> finish_write(std::shared_ptr<State> self, ShardPointer shard,
                                   std::string group, uint64_t id, Task<ErrorCode> writing) {
        const ErrorCode error = co_await std::move(writing);
        if (shard->log.closed()) co_return;
        if (error != ErrorCode::none)
            log_warn("group", "group {} could not be written: {}", group, error_name(error));
        GroupEffects effects;
        shard->groups.written(group, id, error_of_write(error), self->time(), effects);
        self->carry_out(shard, std::move(effects));
    }

    // group_coordinator_consumer.cc
    // Queues records that have been applied already. Completes when they are committed; if they
    // cannot be, the shard is made anew from the log.
    Task<ErrorCode> begin_batch(const ShardPointer& shard, Records records);
    static Task<ErrorCode> await_batch(std::shared_ptr<State> self, ShardPointer shard,
                                       std::vector<Task<ErrorCode>> writes);
    static Task<void> finish_batch(std::shared_ptr<State> self, Task<ErrorCode> writing,
                                   std::vector<JoinAnswer> answers);
    // Completes when all batches that have begun by now have ended.
    static Task<ErrorCode> await_batches(ShardPointer shard);
    void reload(const ShardPointer& shard);
    ConsumerGroupSettings settings_of(const std::string& group) const;

    // Lets time pass in the machines.
    static Task<void> tick(std::shared_ptr<State> self) {
        while (!self->stopping) {
            self->ticks_at = Nanos::max();
            for (const auto& [index, shard] : self->shards)
                if (shard->log.active())
                    self->ticks_at = std::min(self->ticks_at, shard->groups.wake_at());
            if (self->ticks_at > self->time().now) {
                const Nanos until = self->group_clock.next_look(self->ticks_at);
                auto waiting = self->rescheduled.wait_until(until);
                co_await std::move(waiting);
                continue;
            }
            const auto shards = self->shards;
            for (const auto& [index, shard] : shards) {
                if (!shard->log.active()) continue;
                GroupEffects effects;
                shard->groups.set_image(self->cluster.image());
                shard->groups.tick(self->time(), effects);
                self->carry_out(shard, std::move(effects));
            }
        }
    }

    static Task<void> run_log(ShardPointer shard) {
        auto running = shard->log.run();
        co_await std::move(running);
    }

    // group_coordinator_admin.cc
    // Queues the records before returning; gives the error of the first write that failed.
    static Task<ErrorCode> write_all(ShardPointer shard, std::vector<CoordinatorRecord> records,
                                     Nanos deadline);
    static Task<ErrorCode> wait_for_all(std::vector<Task<ErrorCode>> writes);
    static Task<void> clean(std::shared_ptr<State> self, ShardPointer shard);
    static Task<void> clean_regularly(std::shared_ptr<State> self);
    static Task<void> drop_topics(std::shared_ptr<State> self, ShardPointer shard,
                                  std::set<std::string> deleted);

    void open(PartitionIndex index) {
        auto partition = partitions.find(cluster::offsets_topic, index);
        if (!partition || stopping) return;
        auto shard =
            std::make_shared<LoadedShard>(clock, group_clock, std::move(partition), limits);
        shard->on_loaded = [this, weak = std::weak_ptr(shard)] {
            rescheduled.notify_all();
            // Topics may have been deleted while nobody was here to see it.
            if (auto loaded = weak.lock())
                tasks.spawn(drop_topics(shared_from_this(), std::move(loaded), {}));
        };
        shard->groups.set_image(cluster.image());
        shard->groups.set_consumer_groups(
            consumer_limits_of(config),
            [this](const std::string& group) { return settings_of(group); });
        shards[index] = shard;
        tasks.spawn(run_log(std::move(shard)));
        if (std::exchange(ticking, true)) return;
        tasks.spawn(tick(shared_from_this()));
        tasks.spawn(clean_regularly(shared_from_this()));
    }

    void close(PartitionIndex index, ErrorCode why) {
        const auto found = shards.find(index);
        if (found == shards.end()) return;
        const ShardPointer shard = std::move(found->second);
        shards.erase(found);
        shard->log.close();
        shard->on_loaded = nullptr;
        GroupEffects effects;
        shard->groups.abandon(why, effects);
        ASSERT(effects.writes.empty());
        carry_out(shard, std::move(effects));
    }

    template <class Answer>
    Task<Answer> wait(Waiting<Answer>& waiting, GroupTicket ticket) {
        auto slot = std::make_shared<storage::OneShot<Answer>>(clock);
        waiting.emplace(ticket, slot);
        return wait_slot<Answer>(std::move(slot));
    }
    template <class Answer>
    static Task<Answer> wait_slot(std::shared_ptr<storage::OneShot<Answer>> slot) {
        // The machine's own deadlines end this wait.
        auto waiting = storage::OneShot<Answer>::wait(std::move(slot), Nanos::max());
        auto answer = co_await std::move(waiting);
        ASSERT(answer.has_value());
        co_return std::move(*answer);
    }
};

}  // namespace barnabas::broker
