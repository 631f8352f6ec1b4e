// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: what follows a decision (the markers, then the record that completes it),
// and what time does (timeouts, expiry). A decision is carried out until it is done: after errors,
// and by whoever loads the partition next (X14, X15).
#include <algorithm>
#include <utility>

#include "base/log_line.h"
#include "broker/txn/transaction_coordinator_state.h"
#include "broker/txn/transaction_steps.h"

namespace barnabas::broker {
namespace {

using std::chrono::milliseconds;

constexpr Nanos marker_timeout = std::chrono::seconds(30);
constexpr Nanos pause_min = milliseconds(20);
constexpr Nanos pause_max = std::chrono::seconds(1);
// So many tries of a marker go by between two lines of the log about it.
constexpr uint32_t tries_per_line = 60;

// Nothing is left to be done in this partition.
bool is_settled(ErrorCode error) {
    switch (error) {
        case ErrorCode::none:
        // Deleted, and what was in it with it.
        case ErrorCode::unknown_topic_or_partition:
        // A later marker of this producer has ended the transaction there.
        case ErrorCode::invalid_producer_epoch:
            return true;
        default:
            return false;
    }
}

void tell_trouble(const MarkerRound& round, const storage::TopicPartition& partition,
                  ErrorCode error) {
    log_warn("txn", "the end of transaction {} (producer {} epoch {}) is not written to {} yet: {}",
             round.id, round.transaction.producer_id.value, round.transaction.epoch,
             partition.directory_name(), error_name(error));
}

}  // namespace

void TransactionCoordinator::State::begin_round(const TransactionShard& shard,
                                                const std::string& id) {
    const StoredTransaction* transaction = shard->machine.find(id);
    ASSERT(transaction && is_prepared(transaction->state));
    auto& round = shard->rounds[id];
    if (round && round->transaction == *transaction) return;
    round = std::make_shared<MarkerRound>(
        MarkerRound{id, *transaction, transaction->partitions.size()});
    tasks.spawn(run_round(shared_from_this(), shard, round));
}

Task<void> TransactionCoordinator::State::run_round(std::shared_ptr<State> self,
                                                    TransactionShard shard,
                                                    std::shared_ptr<MarkerRound> round) {
    if (round->left == 0) {
        auto completing = complete(self, std::move(shard), std::move(round));
        co_await std::move(completing);
        co_return;
    }
    for (const storage::TopicPartition& partition : round->transaction.partitions)
        self->tasks.spawn(write_marker(self, shard, round, partition));
}

Task<void> TransactionCoordinator::State::write_marker(std::shared_ptr<State> self,
                                                       TransactionShard shard,
                                                       std::shared_ptr<MarkerRound> round,
                                                       storage::TopicPartition partition) {
    const StoredTransaction& transaction = round->transaction;
    const TransactionMarker marker{
        .producer_id = transaction.producer_id,
        .producer_epoch = transaction.epoch,
        .coordinator_epoch = shard->epoch.value,
        .commit = transaction.state == TransactionState::prepare_commit,
        .transaction_version = static_cast<int8_t>(transaction.client_version)};
    Nanos pausing = pause_min;
    for (uint32_t tries = 1; shard->is_current(round); ++tries) {
        auto writing = self->markers.write(partition, marker, self->clock.after(marker_timeout));
        const ErrorCode error = co_await std::move(writing);
        if (error == ErrorCode::invalid_producer_epoch) tell_trouble(*round, partition, error);
        if (is_settled(error)) break;
        if (tries % tries_per_line == 1) tell_trouble(*round, partition, error);
        auto pause = self->pause(pausing);
        co_await std::move(pause);
        pausing = std::min(pausing * 2, pause_max);
    }
    if (--round->left > 0) co_return;
    auto completing = complete(std::move(self), std::move(shard), std::move(round));
    co_await std::move(completing);
}

Task<void> TransactionCoordinator::State::complete(std::shared_ptr<State> self,
                                                   TransactionShard shard,
                                                   std::shared_ptr<MarkerRound> round) {
    Nanos pausing = pause_min;
    while (shard->is_current(round)) {
        const TransactionContext context{.now_ms = self->clock.wall_ms()};
        const auto decision = shard->machine.decide_complete(round->id, context);
        auto writing = write(self, shard, round->id, decision, Nanos::max());
        const ErrorCode error = co_await std::move(writing);
        if (error == ErrorCode::none) break;
        log_warn("txn", "the end of transaction {} is not recorded yet: {}", round->id,
                 error_name(error));
        auto pause = self->pause(pausing);
        co_await std::move(pause);
        pausing = std::min(pausing * 2, pause_max);
    }
    const auto found = shard->rounds.find(round->id);
    if (found != shard->rounds.end() && found->second == round) shard->rounds.erase(found);
}

Task<void> TransactionCoordinator::State::abort_regularly(std::shared_ptr<State> self) {
    const milliseconds interval(self->config.transaction_abort_interval_ms);
    // Soon after the start for the first time: a broker that is restarted again and again would
    // never come to it.
    Nanos next = std::min<Nanos>(interval, std::chrono::seconds(1));
    while (!self->stopping) {
        auto pause = self->pause(std::exchange(next, interval));
        co_await std::move(pause);
        const int64_t now_ms = self->clock.wall_ms();
        std::vector<std::string> ids;
        for (const auto& [index, shard] : self->shards)
            if (shard->log.active())
                std::ranges::move(shard->machine.timed_out(now_ms), std::back_inserter(ids));
        for (std::string& id : ids) {
            if (self->stopping) co_return;
            self->tasks.spawn(abort_timed_out(self, std::move(id)));
        }
    }
}

Task<void> TransactionCoordinator::State::abort_timed_out(std::shared_ptr<State> self,
                                                          std::string id) {
    // Decided by what is true when it is decided: the producer may have been faster.
    const auto decide = [id](const TransactionMachine& machine, const TransactionContext& context) {
        const StoredTransaction* current = machine.find(id);
        const bool late = current && current->started_ms < context.now_ms - current->timeout_ms;
        return late ? machine.decide_timeout(id, context)
                    : refuse(ErrorCode::concurrent_transactions);
    };
    auto aborting = transact(self, id, decide);
    const TransactionAnswer answer = co_await std::move(aborting);
    if (answer.error == ErrorCode::none)
        log_info("txn", "aborted the transaction of {}: it has run into its timeout", id);
    else if (answer.error != ErrorCode::concurrent_transactions)
        log_warn("txn", "the transaction of {} has run into its timeout, but was not aborted: {}",
                 id, error_name(answer.error));
}

Task<void> TransactionCoordinator::State::expire_regularly(std::shared_ptr<State> self) {
    const milliseconds interval(self->config.transaction_expiry_interval_ms);
    while (!self->stopping) {
        auto pause = self->pause(interval);
        co_await std::move(pause);
        const auto shards = self->shards;
        for (const auto& [index, shard] : shards) {
            auto expiring = expire(self, shard);
            co_await std::move(expiring);
        }
    }
}

Task<void> TransactionCoordinator::State::expire(std::shared_ptr<State> self,
                                                 TransactionShard shard) {
    if (!shard->log.active()) co_return;
    const int64_t now_ms = self->clock.wall_ms();
    // All are taken before anything is awaited: an id that is expiring is in nobody's use.
    std::vector<Task<ErrorCode>> removals;
    for (std::string& id :
         shard->machine.expired(now_ms, self->config.transactional_id_expiration_ms)) {
        std::vector<CoordinatorRecord> records;
        records.push_back(shard->machine.begin_removal(id));
        auto writing = shard->log.write(std::move(records), Nanos::max());
        removals.push_back(finish_write(shard, std::move(id), std::move(writing)));
    }
    size_t removed = 0;
    for (Task<ErrorCode>& removal : removals) {
        const ErrorCode error = co_await std::move(removal);
        removed += error == ErrorCode::none;
    }
    if (removed > 0) log_info("txn", "removed {} expired transactional ids", removed);
}

}  // namespace barnabas::broker
