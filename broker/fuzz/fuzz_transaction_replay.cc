// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a partition of __transaction_state holds: keys and values one after another.
// Whatever a transaction coordinator makes of them, it can go on: end what is open, complete what
// is decided, give new epochs, and what it stores is what is alive.
#include "base/assert.h"
#include "broker/fuzz/take.h"
#include "broker/txn/transaction_machine.h"

namespace barnabas::broker {
namespace {

constexpr int64_t now_ms = int64_t{1} << 50;

TransactionContext context_of(int16_t version) {
    return {.now_ms = now_ms, .server_version = version, .fresh_id = ProducerId{1 << 20}};
}

void commit(TransactionMachine& machine, const std::string& id, const TransactionDecision& decision,
            int16_t version) {
    ASSERT(!decision.needs_producer_id);
    if (!decision.next) return;
    const CoordinatorRecord record = machine.begin(id, decision, version);
    const auto committed = machine.committed(record.key, Bytes(*record.value));
    ASSERT(committed && *committed == id);
    const StoredTransaction* stored = machine.find(id);
    ASSERT(stored && stored->state == decision.next->state &&
           stored->epoch == decision.next->epoch);
}

// A producer comes, works and commits.
void live_on(TransactionMachine& machine, const std::string& id, int16_t version) {
    const TransactionContext context = context_of(version);
    for (int tries = 0; tries < 3; ++tries) {
        if (is_prepared(machine.find(id)->state))
            commit(machine, id, machine.decide_complete(id, context), version);
        commit(machine, id, machine.decide_init({.id = id, .timeout_ms = 1}, context), version);
    }
    const StoredTransaction* current = machine.find(id);
    ASSERT(current->state == TransactionState::empty && current->epoch < epoch_max);
    const ProducerClaim producer{current->producer_id, current->epoch};
    const StoredTransaction::Partitions partitions{{"t", PartitionIndex{0}}};
    commit(machine, id, machine.decide_add({id, producer, partitions, version}, context), version);
    commit(machine, id, machine.decide_end({id, producer, true, version}, context), version);
    if (!id.empty()) ASSERT(machine.find(id)->state == TransactionState::prepare_commit);
}

void replay(Bytes bytes, int16_t version) {
    TransactionMachine machine;
    while (!bytes.empty()) {
        const Bytes key = take(bytes), value = take(bytes);
        const auto applied =
            machine.apply(key, value.empty() ? std::nullopt : std::optional(value));
        ASSERT(!applied || value.empty() == !machine.find(*applied));
    }
    for (const std::string& id : machine.timed_out(now_ms))
        commit(machine, id, machine.decide_timeout(id, context_of(version)), version);
    std::vector<std::string> ids;
    for (const auto& [id, transaction] : machine.stored().all()) ids.push_back(id);
    for (const std::string& id : ids) live_on(machine, id, version);
}

}  // namespace
}  // namespace barnabas::broker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    barnabas::broker::replay(barnabas::Bytes(data + 1, size - 1),
                             static_cast<int16_t>((data[0] & 1) * 2));
    return 0;
}
