// SPDX-License-Identifier: Apache-2.0
// TransactionMachine: new epochs, partitions, completion, and the life of a decision. How
// transactions end is in transaction_machine_end.cc.
#include "broker/txn/transaction_machine.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/txn/transaction_steps.h"

namespace barnabas::broker {
namespace {

// May this producer ask for the next epoch? Its id is the present one, or the one before, whose
// epochs had run out: then it has not heard of the change (KIP-360).
bool may_continue(const ProducerClaim& expected, const StoredTransaction& current,
                  ProducerId previous) {
    return expected.producer_id == current.producer_id ||
           (expected.producer_id == previous && expected.epoch >= epoch_max - 1);
}

// Of transactions that somebody else decides about (two-phase commit).
constexpr int32_t timeout_never = INT32_MAX;

bool may_expire(TransactionState state) {
    return state == TransactionState::empty || state == TransactionState::complete_commit ||
           state == TransactionState::complete_abort;
}

}  // namespace

TransactionDecision TransactionMachine::decide_init(const InitTransactions& command,
                                                    const TransactionContext& context) const {
    const StoredTransaction* current = find(command.id);
    if (pending(command.id) || (current && in_transition(command.id, *current)))
        return refuse(ErrorCode::concurrent_transactions);
    if (!current) return decide_first_epoch(command, context);
    if (command.expected &&
        !may_continue(*command.expected, *current, memory_of(command.id).previous_producer_id))
        return refuse(ErrorCode::producer_fenced);
    if (current->state != TransactionState::ongoing)
        return decide_next_epoch(command, *current, context);
    // Only who has the present epoch can have opened it: anybody with another one is late, and is
    // told so before it does harm. Kafka aborts first, and tells then.
    if (command.expected && (command.expected->producer_id != current->producer_id ||
                             command.expected->epoch != current->epoch))
        return refuse(ErrorCode::producer_fenced);
    // What is open is aborted first; the producer asks again and gets the epoch after that (X07).
    TransactionDecision decision = fence(*current, context);
    decision.answer = {.error = ErrorCode::concurrent_transactions};
    return decision;
}

TransactionDecision TransactionMachine::decide_first_epoch(
    const InitTransactions& command, const TransactionContext& context) const {
    if (!context.fresh_id) return {.needs_producer_id = true};
    StoredTransaction next{.producer_id = *context.fresh_id,
                           .previous_producer_id = *context.fresh_id,
                           .epoch = 0,
                           .timeout_ms = command.timeout_ms,
                           .updated_ms = context.now_ms};
    return accept(std::move(next), epoch_none);
}

TransactionDecision TransactionMachine::decide_next_epoch(const InitTransactions& command,
                                                          const StoredTransaction& current,
                                                          const TransactionContext& context) const {
    const bool at_present_epoch = !command.expected || command.expected->epoch == current.epoch;
    StoredTransaction next = current;
    next.previous_producer_id = current.producer_id;
    next.state = TransactionState::empty;
    next.timeout_ms = command.timeout_ms;
    next.partitions.clear();
    next.started_ms = -1;
    next.updated_ms = context.now_ms;
    const int16_t last_epoch = command.expected ? current.epoch : epoch_none;
    if (current.exhausted() && at_present_epoch) {
        if (!context.fresh_id) return {.needs_producer_id = true};
        next.producer_id = *context.fresh_id;
        next.epoch = 0;
        return accept(std::move(next), last_epoch);
    }
    if (at_present_epoch) {
        next.epoch = static_cast<int16_t>(current.epoch + 1);
        return accept(std::move(next), last_epoch);
    }
    // A producer that has not heard the answer asks once more: no second bump (X09).
    const int16_t known = memory_of(command.id).last_epoch;
    if (known == epoch_none || command.expected->epoch != known)
        return refuse(ErrorCode::producer_fenced);
    return accept(std::move(next), known);
}

TransactionDecision TransactionMachine::decide_add(const AddPartitions& command,
                                                   const TransactionContext& context) const {
    if (command.id.empty()) return refuse(ErrorCode::invalid_request);
    const StoredTransaction* current = find(command.id);
    if (!current) return refuse(ErrorCode::invalid_producer_id_mapping);
    if (in_transition(command.id, *current)) return refuse(ErrorCode::concurrent_transactions);
    if (current->producer_id != command.producer.producer_id)
        return refuse(ErrorCode::invalid_producer_id_mapping);
    if (current->epoch != command.producer.epoch) return refuse(ErrorCode::producer_fenced);
    const bool ongoing = current->state == TransactionState::ongoing;
    if (ongoing && std::ranges::includes(current->partitions, command.partitions)) return {};
    StoredTransaction next = *current;
    next.previous_producer_id = current->producer_id;
    next.state = TransactionState::ongoing;
    next.partitions.insert(command.partitions.begin(), command.partitions.end());
    next.started_ms = ongoing ? current->started_ms : context.now_ms;
    next.updated_ms = context.now_ms;
    next.client_version = command.client_version;
    return {.next = std::move(next), .last_epoch = memory_of(command.id).last_epoch};
}

std::vector<ErrorCode> TransactionMachine::verify(const AddPartitions& command) const {
    const StoredTransaction* current = find(command.id);
    const auto refused = [&]() -> ErrorCode {
        if (command.id.empty()) return ErrorCode::invalid_request;
        if (!current || current->producer_id != command.producer.producer_id)
            return ErrorCode::invalid_producer_id_mapping;
        if (current->epoch != command.producer.epoch) return ErrorCode::producer_fenced;
        return is_prepared(current->state) ? ErrorCode::concurrent_transactions : ErrorCode::none;
    }();
    std::vector<ErrorCode> errors(command.partitions.size(), refused);
    if (refused != ErrorCode::none) return errors;
    std::ranges::transform(command.partitions, errors.begin(), [&](const auto& partition) {
        return current->partitions.contains(partition) ? ErrorCode::none
                                                       : ErrorCode::transaction_abortable;
    });
    return errors;
}

TransactionDecision TransactionMachine::decide_complete(std::string_view id,
                                                        const TransactionContext& context) const {
    const StoredTransaction* current = find(id);
    ASSERT(current && is_prepared(current->state) && !pending(id));
    return {.next = completed(*current, context.now_ms), .last_epoch = memory_of(id).last_epoch};
}

std::vector<std::string> TransactionMachine::timed_out(int64_t now_ms) const {
    std::vector<std::string> ids;
    for (const auto& [id, transaction] : stored_.all())
        if (transaction.state == TransactionState::ongoing && !pending(id) &&
            transaction.timeout_ms != timeout_never &&
            transaction.started_ms < now_ms - transaction.timeout_ms)
            ids.push_back(id);
    return ids;
}

std::vector<std::string> TransactionMachine::expired(int64_t now_ms, int64_t expiration_ms) const {
    std::vector<std::string> ids;
    for (const auto& [id, transaction] : stored_.all())
        if (may_expire(transaction.state) && !pending(id) &&
            transaction.updated_ms <= now_ms - expiration_ms)
            ids.push_back(id);
    return ids;
}

std::vector<std::string> TransactionMachine::prepared() const {
    std::vector<std::string> ids;
    for (const auto& [id, transaction] : stored_.all())
        if (is_prepared(transaction.state)) ids.push_back(id);
    return ids;
}

CoordinatorRecord TransactionMachine::begin(const std::string& id,
                                            const TransactionDecision& decision,
                                            int16_t server_version) {
    ASSERT(decision.next.has_value());
    const StoredTransaction& next = *decision.next;
    const Memory memory{decision.last_epoch, next.previous_producer_id};
    const bool is_new = pending_.try_emplace(id, Pending{.memory = memory}).second;
    ASSERT(is_new, "one decision at a time");
    return make_transaction_record(id, next, value_version_of(server_version));
}

CoordinatorRecord TransactionMachine::begin_removal(const std::string& id) {
    const bool is_new = pending_.try_emplace(id, Pending{.removal = true}).second;
    ASSERT(is_new, "one decision at a time");
    return make_transaction_tombstone(id);
}

Result<std::string> TransactionMachine::committed(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const std::string id, stored_.apply(key, value));
    const auto found = pending_.find(id);
    ASSERT(found != pending_.end(), "what is committed has begun");
    ASSERT(found->second.removal == !value.has_value());
    if (found->second.removal)
        memory_.erase(id);
    else
        memory_.insert_or_assign(id, found->second.memory);
    pending_.erase(found);
    return id;
}

void TransactionMachine::failed(const std::string& id) {
    const bool was_pending = pending_.erase(id) == 1;
    ASSERT(was_pending, "what fails has begun");
}

Result<std::string> TransactionMachine::apply(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const std::string id, stored_.apply(key, value));
    // It may have passed over what is remembered.
    memory_.erase(id);
    return id;
}

TransactionMachine::Memory TransactionMachine::memory_of(std::string_view id) const {
    const auto found = memory_.find(id);
    if (found != memory_.end()) return found->second;
    const StoredTransaction* current = find(id);
    return {epoch_none, current ? current->previous_producer_id : producer_id_none};
}

bool TransactionMachine::in_transition(std::string_view id,
                                       const StoredTransaction& transaction) const {
    return pending(id) || is_prepared(transaction.state);
}

}  // namespace barnabas::broker
