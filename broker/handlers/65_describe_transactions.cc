// SPDX-License-Identifier: Apache-2.0
// DescribeTransactions, api 65, v0. Transactional ids in full (KIP-664).
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/txn/transaction_coordinator.h"

namespace barnabas::broker {

Task<protocol::DescribeTransactionsResponse> handle_describe_transactions(
    RequestContext& ctx, protocol::DescribeTransactionsRequest request) {
    auto describing = ctx.services.transactions.describe(std::move(request));
    co_return co_await std::move(describing);
}

}  // namespace barnabas::broker
