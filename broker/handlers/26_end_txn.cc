// SPDX-License-Identifier: Apache-2.0
// EndTxn, api 26, v0-5. Commits or aborts.  v2: tells producer_fenced.  v5: each end bumps the
// epoch, and the producer goes on with the one in the answer (KIP-890 part 2).
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/txn/transaction_coordinator.h"

namespace barnabas::broker {

Task<protocol::EndTxnResponse> handle_end_txn(RequestContext& ctx,
                                              protocol::EndTxnRequest request) {
    auto ending = ctx.services.transactions.end(std::move(request), ctx.version);
    co_return co_await std::move(ending);
}

}  // namespace barnabas::broker
