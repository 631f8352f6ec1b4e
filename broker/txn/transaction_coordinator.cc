// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: opening and closing partitions, and how a decision gets into the log.
#include "broker/txn/transaction_coordinator.h"

#include <algorithm>
#include <utility>

#include "broker/txn/transaction_coordinator_state.h"

namespace barnabas::broker {

namespace {

Task<void> run_log(TransactionShard shard) {
    auto running = shard->log.run();
    co_await std::move(running);
}

Task<void> settle(Task<ErrorCode> writing, std::shared_ptr<WriteOutcome> outcome) {
    outcome->set(co_await std::move(writing));
}

}  // namespace

TransactionCoordinator::TransactionCoordinator(boost::asio::any_io_executor executor,
                                               TransactionServices services)
    : state_(std::make_shared<State>(std::move(executor), services)) {
    services.partitions.on_change([weak = std::weak_ptr(state_)](const auto& partition, bool led) {
        const auto state = weak.lock();
        if (!state || partition.topic != cluster::transactions_topic) return;
        state->close(partition.partition);
        if (led) state->open(partition.partition);
    });
}

TransactionCoordinator::~TransactionCoordinator() = default;

PartitionIndex TransactionCoordinator::partition_of(std::string_view transactional_id) const {
    return state_->partition_of(transactional_id);
}

Task<void> TransactionCoordinator::stop(Nanos deadline) {
    const auto state = state_;
    state->stopping = true;
    while (!state->shards.empty()) state->close(state->shards.begin()->first);
    state->ended.notify_all();
    auto stopping = state->tasks.stop(deadline);
    co_await std::move(stopping);
}

PartitionIndex TransactionCoordinator::State::partition_of(std::string_view id) const {
    const auto topic = cluster.image()->topic(cluster::transactions_topic);
    const int32_t count = topic ? static_cast<int32_t>(topic->partitions.size())
                                : config.transaction_state_partitions;
    return PartitionIndex{partition_for_key(id, std::max(count, 1))};
}

int16_t TransactionCoordinator::State::server_version() const {
    return cluster.image()->feature_level("transaction.version");
}

ErrorCode TransactionCoordinator::State::find(std::string_view id, TransactionShard& shard) const {
    if (stopping) return ErrorCode::coordinator_not_available;
    const auto found = shards.find(partition_of(id));
    if (found == shards.end()) return ErrorCode::not_coordinator;
    if (!found->second->log.active()) return ErrorCode::coordinator_load_in_progress;
    shard = found->second;
    return ErrorCode::none;
}

void TransactionCoordinator::State::open(PartitionIndex index) {
    auto partition = partitions.find(cluster::transactions_topic, index);
    if (!partition || stopping) return;
    auto shard = std::make_shared<LoadedTransactions>(clock, std::move(partition));
    shard->on_prepared = [this, weak = std::weak_ptr(shard)](const std::string& id) {
        if (const auto loaded = weak.lock()) begin_round(loaded, id);
    };
    shards[index] = shard;
    tasks.spawn(run_log(std::move(shard)));
    if (std::exchange(watching, true)) return;
    tasks.spawn(abort_regularly(shared_from_this()));
    tasks.spawn(expire_regularly(shared_from_this()));
}

void TransactionCoordinator::State::close(PartitionIndex index) {
    const auto found = shards.find(index);
    if (found == shards.end()) return;
    const TransactionShard shard = std::move(found->second);
    shards.erase(found);
    shard->on_prepared = nullptr;
    shard->rounds.clear();
    shard->log.close();
}

Task<void> TransactionCoordinator::State::pause(Nanos time) {
    const Nanos until = clock.after(time);
    while (!stopping && clock.now() < until) {
        auto waiting = ended.wait_until(until);
        co_await std::move(waiting);
    }
}

Task<ErrorCode> TransactionCoordinator::State::write(const std::shared_ptr<State>& self,
                                                     TransactionShard shard, std::string id,
                                                     const TransactionDecision& decision,
                                                     Nanos deadline) {
    std::vector<CoordinatorRecord> records;
    records.push_back(shard->machine.begin(id, decision, self->server_version()));
    auto writing = shard->log.write(std::move(records), Nanos::max());
    auto outcome = std::make_shared<WriteOutcome>(self->clock);
    auto finishing = finish_write(std::move(shard), std::move(id), std::move(writing));
    self->tasks.spawn(settle(std::move(finishing), outcome));
    return wait_for(std::move(outcome), deadline);
}

Task<ErrorCode> TransactionCoordinator::State::finish_write(TransactionShard shard, std::string id,
                                                            Task<ErrorCode> writing) {
    const ErrorCode error = co_await std::move(writing);
    if (error != ErrorCode::none) shard->failed(id);
    co_return error;
}

}  // namespace barnabas::broker
