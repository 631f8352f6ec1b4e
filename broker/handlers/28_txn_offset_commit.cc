// SPDX-License-Identifier: Apache-2.0
// TxnOffsetCommit, api 28, v0-5. Commits offsets of a group as part of a transaction. v3: who in
// the group commits (KIP-447). v5: the group's partition joins the transaction by itself (KIP-890).
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/transaction_check.h"
#include "broker/partition/partition_table.h"
#include "cluster/topic_name.h"
#include "protocol/messages/txn_offset_commit.h"

namespace barnabas::broker {
namespace {

TransactionSupport support_of(int16_t version) {
    constexpr int16_t knows_abortable = 4;
    constexpr int16_t adds_no_partitions = 5;
    if (version >= adds_no_partitions) return TransactionSupport::add;
    return version >= knows_abortable ? TransactionSupport::verify : TransactionSupport::verify_old;
}

bool names_a_partition(const RequestContext& ctx, const protocol::TxnOffsetCommitRequest& request) {
    const auto image = ctx.image();
    for (const auto& topic : request.topics)
        if (!topic.partitions.empty() && image->topic(topic.name.view())) return true;
    return false;
}

}  // namespace

Task<protocol::TxnOffsetCommitResponse> handle_txn_offset_commit(
    RequestContext& ctx, protocol::TxnOffsetCommitRequest request) {
    GroupCoordinator& groups = ctx.services.groups;
    const auto index = groups.partition_of(request.group_id.view());
    ErrorCode error = groups.ready_for(request.group_id.view());
    std::vector<TransactionWrite> writes;
    if (error == ErrorCode::none && names_a_partition(ctx, request)) {
        TransactionWrite write;
        write.partition = ctx.services.partitions.find(cluster::offsets_topic, index);
        if (write.partition)
            writes.push_back(std::move(write));
        else
            error = ErrorCode::not_coordinator;
    }
    TransactionGuards::Ticket ticket = 0;
    if (!writes.empty()) {
        TransactionalProducer producer{.transactional_id = request.transactional_id.str(),
                                       .producer_id = request.producer_id,
                                       .epoch = request.producer_epoch};
        auto checking =
            check_transaction(ctx, std::move(producer), support_of(ctx.version), std::move(writes));
        const std::vector<TransactionWrite> checked = co_await std::move(checking);
        error = checked.front().error;
        ticket = checked.front().ticket;
    }
    if (error != ErrorCode::none) co_return groups.refuse_transactional_commit(request, error);
    auto committing = groups.commit_in_transaction(std::move(request), ctx.version, ticket);
    co_return co_await std::move(committing);
}

}  // namespace barnabas::broker
