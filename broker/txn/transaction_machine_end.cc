// SPDX-License-Identifier: Apache-2.0
// TransactionMachine: how transactions end. The old protocol (EndTxn v0-4) goes by state and
// epoch; from v5 on each end bumps the epoch, so that an epoch names one transaction and a late
// request cannot end the next one (KIP-890 part 2, X11).
#include "base/assert.h"
#include "broker/txn/transaction_machine.h"
#include "broker/txn/transaction_steps.h"

namespace barnabas::broker {
namespace {

bool fits(TransactionState state, bool commit) {
    return commit ? state == TransactionState::prepare_commit ||
                        state == TransactionState::complete_commit
                  : state == TransactionState::prepare_abort ||
                        state == TransactionState::complete_abort;
}

bool is_complete(TransactionState state) {
    return state == TransactionState::complete_commit || state == TransactionState::complete_abort;
}

}  // namespace

TransactionDecision accept(StoredTransaction next, int16_t last_epoch) {
    TransactionDecision decision{.answer = {.producer_id = next.producer_id, .epoch = next.epoch},
                                 .last_epoch = last_epoch};
    decision.next = std::move(next);
    return decision;
}

TransactionDecision prepare(const StoredTransaction& current, bool commit, int16_t last_epoch,
                            const TransactionContext& context) {
    TransactionDecision decision{.last_epoch = last_epoch};
    StoredTransaction& next = decision.next.emplace(current);
    next.previous_producer_id = current.producer_id;
    next.next_producer_id = producer_id_none;
    next.state = commit ? TransactionState::prepare_commit : TransactionState::prepare_abort;
    next.updated_ms = context.now_ms;
    next.client_version = 0;
    return decision;
}

TransactionDecision prepare_and_bump(const StoredTransaction& current, bool commit,
                                     const TransactionContext& context) {
    if (current.exhausted() && !context.fresh_id) return {.needs_producer_id = true};
    // Only fencing reaches the last epoch, and what it has fenced is aborted.
    if (current.epoch == epoch_max && commit) return refuse(ErrorCode::unknown_server_error);
    TransactionDecision decision = prepare(current, commit, current.epoch, context);
    StoredTransaction& next = *decision.next;
    if (current.epoch < epoch_max) next.epoch = static_cast<int16_t>(current.epoch + 1);
    if (current.exhausted()) next.next_producer_id = *context.fresh_id;
    next.client_version = 2;
    // An abort of nothing has to have begun at some time.
    if (current.state != TransactionState::ongoing) next.started_ms = context.now_ms;
    const StoredTransaction after = completed(next, context.now_ms);
    decision.answer = {.producer_id = after.producer_id, .epoch = after.epoch};
    return decision;
}

TransactionDecision fence(const StoredTransaction& current, const TransactionContext& context) {
    ASSERT(current.state == TransactionState::ongoing);
    if (context.server_version >= 2) return prepare_and_bump(current, false, context);
    StoredTransaction fenced = current;
    if (current.epoch < epoch_max) fenced.epoch = static_cast<int16_t>(current.epoch + 1);
    return prepare(fenced, false, epoch_none, context);
}

StoredTransaction completed(const StoredTransaction& prepared, int64_t now_ms) {
    ASSERT(is_prepared(prepared.state));
    StoredTransaction next = prepared;
    next.previous_producer_id = prepared.producer_id;
    next.state = prepared.state == TransactionState::prepare_commit
                     ? TransactionState::complete_commit
                     : TransactionState::complete_abort;
    if (prepared.bumps_epochs() && prepared.next_producer_id.value >= 0) {
        next.producer_id = prepared.next_producer_id;
        next.epoch = 0;
    }
    next.next_producer_id = producer_id_none;
    next.partitions.clear();
    next.updated_ms = now_ms;
    return next;
}

TransactionDecision TransactionMachine::decide_timeout(std::string_view id,
                                                       const TransactionContext& context) const {
    const StoredTransaction* current = find(id);
    if (!current) return refuse(ErrorCode::invalid_producer_id_mapping);
    if (in_transition(id, *current)) return refuse(ErrorCode::concurrent_transactions);
    if (current->state != TransactionState::ongoing) return refuse(ErrorCode::invalid_txn_state);
    return fence(*current, context);
}

TransactionDecision TransactionMachine::decide_end(const EndTransaction& command,
                                                   const TransactionContext& context) const {
    if (command.id.empty()) return refuse(ErrorCode::invalid_request);
    const StoredTransaction* current = find(command.id);
    if (!current) return refuse(ErrorCode::invalid_producer_id_mapping);
    return command.client_version >= 2 ? decide_bumping_end(command, *current, context)
                                       : decide_old_end(command, *current, context);
}

TransactionDecision TransactionMachine::decide_old_end(const EndTransaction& command,
                                                       const StoredTransaction& current,
                                                       const TransactionContext& context) const {
    if (current.producer_id != command.producer.producer_id)
        return refuse(ErrorCode::invalid_producer_id_mapping);
    if (current.epoch != command.producer.epoch) return refuse(ErrorCode::producer_fenced);
    if (in_transition(command.id, current)) return refuse(ErrorCode::concurrent_transactions);
    if (current.state == TransactionState::ongoing)
        return prepare(current, command.commit, memory_of(command.id).last_epoch, context);
    // A second time the same is the answer to a producer that has not heard the first (X12).
    return refuse(fits(current.state, command.commit) ? ErrorCode::none
                                                      : ErrorCode::invalid_txn_state);
}

TransactionDecision TransactionMachine::decide_bumping_end(
    const EndTransaction& command, const StoredTransaction& current,
    const TransactionContext& context) const {
    if (in_transition(command.id, current)) return refuse(ErrorCode::concurrent_transactions);
    const ProducerClaim& producer = command.producer;
    // The producer's end was taken, and it goes on: with the next epoch, or with a new id.
    const bool has_bumped = current.epoch == producer.epoch + 1;
    const bool has_rotated = memory_of(command.id).previous_producer_id == producer.producer_id &&
                             producer.epoch == epoch_max - 1 && current.epoch == 0;
    if (current.producer_id != producer.producer_id && !has_rotated)
        return refuse(ErrorCode::invalid_producer_id_mapping);
    const bool is_retry = has_bumped || has_rotated;
    const bool known = producer.epoch == current.epoch || (is_retry && is_complete(current.state));
    if (!known) return refuse(ErrorCode::producer_fenced);
    if (current.state == TransactionState::ongoing)
        return prepare_and_bump(current, command.commit, context);
    if (is_retry) {
        if (!fits(current.state, command.commit)) return refuse(ErrorCode::invalid_txn_state);
        return {.answer = {.producer_id = current.producer_id, .epoch = current.epoch}};
    }
    // An abort of nothing bumps the epoch (X26); there is no commit of nothing.
    if (command.commit) return refuse(ErrorCode::invalid_txn_state);
    return prepare_and_bump(current, false, context);
}

}  // namespace barnabas::broker
