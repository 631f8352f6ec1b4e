// SPDX-License-Identifier: Apache-2.0
// AddOffsetsToTxn, api 25, v0-4. Says that a transaction will commit offsets of a group: adds the
// partition of __consumer_offsets that keeps the group.  v2: tells producer_fenced.
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/topic_creation.h"
#include "broker/txn/transaction_coordinator.h"
#include "cluster/topic_name.h"

namespace barnabas::broker {

Task<protocol::AddOffsetsToTxnResponse> handle_add_offsets_to_txn(
    RequestContext& ctx, protocol::AddOffsetsToTxnRequest request) {
    storage::TopicPartition offsets{cluster::offsets_topic,
                                    ctx.services.groups.partition_of(request.group_id)};
    auto adding =
        ctx.services.transactions.add_offsets(std::move(request), std::move(offsets), ctx.version);
    co_return co_await std::move(adding);
}

}  // namespace barnabas::broker
