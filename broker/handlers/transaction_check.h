// SPDX-License-Identifier: Apache-2.0
// What Produce and TxnOffsetCommit ask the transaction coordinator before the first write of a
// transaction to a partition (KIP-890): whether the partition belongs to the transaction, or that
// it be added. Which of the two, and how refusals are told, depends on how new the client is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "broker/partition/partition.h"
#include "broker/server/request_context.h"
#include "broker/txn/transaction_coordinator.h"

namespace barnabas::broker {

// By the version of Produce or TxnOffsetCommit.
enum class TransactionSupport : int8_t {
    verify_old,  // knows no transaction_abortable
    verify,
    add,  // adds no partitions itself (transaction.version 2)
};

// One partition that is going to be written in a transaction.
struct TransactionWrite {
    std::shared_ptr<Partition> partition;
    int32_t sequence = -1;
    // What came of it: with none, admit() decides when the write is queued.
    TransactionGuards::Ticket ticket = 0;
    ErrorCode error = ErrorCode::none;
};

// Asks for those partitions of `writes` where nothing is known yet, all at once, and again for a
// while as long as the producer's transaction before is being ended. Errors are the coordinator's,
// in the words of producers: invalid_producer_epoch, transaction_abortable (or invalid_txn_state),
// concurrent_transactions, not_coordinator, ...
Task<std::vector<TransactionWrite>> check_transaction(RequestContext& ctx,
                                                      TransactionalProducer producer,
                                                      TransactionSupport support,
                                                      std::vector<TransactionWrite> writes);

}  // namespace barnabas::broker
