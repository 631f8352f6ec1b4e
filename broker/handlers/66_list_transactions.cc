// SPDX-License-Identifier: Apache-2.0
// ListTransactions, api 66, v0-2. Transactional ids of the coordinator here (KIP-664).  v1: those
// whose transaction has run for longer than a duration (KIP-994).  v2: a pattern (KIP-1152).
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/txn/transaction_coordinator.h"

namespace barnabas::broker {

Task<protocol::ListTransactionsResponse> handle_list_transactions(
    RequestContext& ctx, protocol::ListTransactionsRequest request) {
    auto listing = ctx.services.transactions.list(std::move(request));
    co_return co_await std::move(listing);
}

}  // namespace barnabas::broker
