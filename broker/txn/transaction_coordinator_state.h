// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator::State: what the transaction_coordinator*.cc files share: the loaded
// partitions, how a decision is written, how markers follow it. Private to those files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "broker/broker_config.h"
#include "broker/coordinator/coordinator_log.h"
#include "broker/coordinator/key_hash.h"
#include "broker/coordinator/write_errors.h"
#include "broker/partition/partition_table.h"
#include "broker/partition/producer_ids.h"
#include "broker/partition/transaction_marker_writer.h"
#include "broker/txn/transaction_coordinator.h"
#include "broker/txn/transaction_machine.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

// As long as Kafka waits for a record of a transaction to be replicated (request.timeout.ms).
inline constexpr Nanos write_timeout = std::chrono::seconds(30);

// The markers of one decision that are still to be written.
struct MarkerRound {
    std::string id;
    StoredTransaction transaction;
    size_t left = 0;
};

// One partition of __transaction_state: the machine, and the log below it.
class LoadedTransactions final : public CoordinatorMachine {
  public:
    LoadedTransactions(Clock& clock, std::shared_ptr<Partition> partition)
        : epoch(partition->leader_epoch()), log(clock, std::move(partition), *this) {}

    Result<void> apply(Bytes key, std::optional<Bytes> value) override {
        TRY_ASSIGN(const std::string id, machine.apply(key, value));
        // Something got into the log of which it was not known whether it would. What is on its
        // way behind it decides otherwise, or the same once more.
        if (log.active() && !machine.pending(id)) carry_on(id);
        return {};
    }
    Result<void> committed(Bytes key, std::optional<Bytes> value) override {
        TRY_ASSIGN(const std::string id, machine.committed(key, value));
        carry_on(id);
        return {};
    }
    void loaded() override {
        for (const std::string& id : machine.prepared()) carry_on(id);
    }
    // A record of the id could not be written, as far as is known.
    void failed(const std::string& id) {
        machine.failed(id);
        carry_on(id);
    }

    // Is this still the round of what is decided about its id?
    bool is_current(const std::shared_ptr<MarkerRound>& round) const {
        const auto found = rounds.find(round->id);
        if (log.closed() || found == rounds.end() || found->second != round) return false;
        const StoredTransaction* now = machine.find(round->id);
        return now && *now == round->transaction;
    }

    const LeaderEpoch epoch;
    TransactionMachine machine;
    CoordinatorLog log;
    // By transactional id.
    std::map<std::string, std::shared_ptr<MarkerRound>, std::less<>> rounds;
    std::function<void(const std::string& id)> on_prepared;

  private:
    // If the id is decided: its markers are to be written.
    void carry_on(const std::string& id) const {
        const StoredTransaction* transaction = machine.find(id);
        if (transaction && is_prepared(transaction->state) && on_prepared) on_prepared(id);
    }
};

using TransactionShard = std::shared_ptr<LoadedTransactions>;

struct TransactionCoordinator::State : std::enable_shared_from_this<State> {
    State(boost::asio::any_io_executor executor, const TransactionServices& services)
        : clock(services.clock),
          config(services.config),
          partitions(services.partitions),
          cluster(services.cluster),
          producer_ids(services.producer_ids),
          markers(services.markers),
          ended(services.clock),
          tasks(std::move(executor), services.clock) {}

    Clock& clock;
    const BrokerConfig& config;
    PartitionTable& partitions;
    const cluster::ClusterNode& cluster;
    ProducerIds& producer_ids;
    TransactionMarkerWriter& markers;
    std::map<PartitionIndex, TransactionShard> shards;
    Signal ended;
    bool watching = false;
    bool stopping = false;
    TaskGroup tasks;

    PartitionIndex partition_of(std::string_view id) const;
    // The finalized level of transaction.version.
    int16_t server_version() const;
    // The shard of an id, or why there is none.
    ErrorCode find(std::string_view id, TransactionShard& shard) const;
    void open(PartitionIndex index);
    void close(PartitionIndex index);
    // Waits, but not beyond the end of the broker.
    Task<void> pause(Nanos time);

    // Asks `decide` (which takes the machine and a TransactionContext), writes what it decides, and
    // gives its answer when that is committed. Gets a new producer id where one is needed.
    template <class Decide>
    static Task<TransactionAnswer> transact(std::shared_ptr<State> self, std::string id,
                                            Decide decide) {
        TransactionContext context;
        while (true) {
            TransactionShard shard;
            const ErrorCode absent = self->find(id, shard);
            if (absent != ErrorCode::none) co_return TransactionAnswer{.error = absent};
            context.now_ms = self->clock.wall_ms();
            context.server_version = self->server_version();
            TransactionDecision decision = decide(shard->machine, context);
            if (decision.needs_producer_id) {
                ASSERT(!context.fresh_id);
                auto allocating = self->producer_ids.next();
                const auto fresh = co_await std::move(allocating);
                if (!fresh) co_return TransactionAnswer{.error = fresh.error().code};
                context.fresh_id = *fresh;
                continue;
            }
            if (!decision.next) co_return decision.answer;
            auto writing = write(self, std::move(shard), std::move(id), decision,
                                 self->clock.after(write_timeout));
            const ErrorCode error = co_await std::move(writing);
            if (error != ErrorCode::none)
                co_return TransactionAnswer{.error = error_of_transactional_write(error)};
            co_return decision.answer;
        }
    }

    // An ordinary function: the id is pending and the record is queued when it returns. At
    // `deadline` the wait ends with request_timed_out, not the write: until it is known what became
    // of the record, the id is nobody's.
    static Task<ErrorCode> write(const std::shared_ptr<State>& self, TransactionShard shard,
                                 std::string id, const TransactionDecision& decision,
                                 Nanos deadline);
    static Task<ErrorCode> finish_write(TransactionShard shard, std::string id,
                                        Task<ErrorCode> writing);

    // transaction_coordinator_requests.cc
    // One error per partition, in the order of the set.
    static Task<std::vector<ErrorCode>> add(std::shared_ptr<State> self, AddPartitions command,
                                            AddPartitionsMode mode);

    // transaction_coordinator_markers.cc
    void begin_round(const TransactionShard& shard, const std::string& id);
    static Task<void> run_round(std::shared_ptr<State> self, TransactionShard shard,
                                std::shared_ptr<MarkerRound> round);
    static Task<void> write_marker(std::shared_ptr<State> self, TransactionShard shard,
                                   std::shared_ptr<MarkerRound> round,
                                   storage::TopicPartition partition);
    static Task<void> complete(std::shared_ptr<State> self, TransactionShard shard,
                               std::shared_ptr<MarkerRound> round);
    static Task<void> abort_regularly(std::shared_ptr<State> self);
    static Task<void> abort_timed_out(std::shared_ptr<State> self, std::string id);
    static Task<void> expire_regularly(std::shared_ptr<State> self);
    static Task<void> expire(std::shared_ptr<State> self, TransactionShard shard);
};

}  // namespace barnabas::broker
