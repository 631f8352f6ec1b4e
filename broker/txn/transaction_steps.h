// SPDX-License-Identifier: Apache-2.0
// The steps from one state of a transaction to the next, as values: which fields change, as Kafka
// has them in its records. Used by TransactionMachine; they look at nothing but their arguments.
#pragma once

#include <cstdint>

#include "broker/txn/transaction_machine.h"

namespace barnabas::broker {

inline TransactionDecision refuse(ErrorCode error) {
    return {.answer = {.error = error}};
}
// The producer of `next` hears its id and epoch.
TransactionDecision accept(StoredTransaction next, int16_t last_epoch);

// Ongoing -> PrepareAbort under an epoch that nobody has: whoever wrote this is fenced. With
// transaction.version 2 the end itself bumps the epoch, once (KAFKA-19367).
TransactionDecision fence(const StoredTransaction& current, const TransactionContext& context);
// -> PrepareCommit or PrepareAbort without and with a bump of the epoch. The answer of the latter
// is what the producer goes on with: when its epochs have run out, another producer id.
TransactionDecision prepare(const StoredTransaction& current, bool commit, int16_t last_epoch,
                            const TransactionContext& context);
TransactionDecision prepare_and_bump(const StoredTransaction& current, bool commit,
                                     const TransactionContext& context);
// PrepareX -> CompleteX.
StoredTransaction completed(const StoredTransaction& prepared, int64_t now_ms);

}  // namespace barnabas::broker
