// SPDX-License-Identifier: Apache-2.0
// AddPartitionsToTxn, api 24, v0-5. Names partitions that a transaction will write to.  v2: tells
// producer_fenced.  v4: of brokers, several transactions at once, perhaps to verify only (KIP-890).
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/txn/transaction_coordinator.h"

namespace barnabas::broker {

Task<protocol::AddPartitionsToTxnResponse> handle_add_partitions_to_txn(
    RequestContext& ctx, protocol::AddPartitionsToTxnRequest request) {
    auto adding = ctx.services.transactions.add_partitions(std::move(request), ctx.version);
    co_return co_await std::move(adding);
}

}  // namespace barnabas::broker
