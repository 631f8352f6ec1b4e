// SPDX-License-Identifier: Apache-2.0
// Asking the transaction coordinator, and translating what it says.
#include "broker/handlers/transaction_check.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/broker_config.h"

namespace barnabas::broker {
namespace {

ErrorCode error_for_producer(ErrorCode error, TransactionSupport support) {
    if (error == ErrorCode::producer_fenced) return ErrorCode::invalid_producer_epoch;
    const bool too_new = support == TransactionSupport::verify_old;
    if (error == ErrorCode::transaction_abortable && too_new) return ErrorCode::invalid_txn_state;
    return error;
}

bool must_ask(const RequestContext& ctx, TransactionSupport support) {
    return support == TransactionSupport::add ||
           ctx.services.config.transaction_partition_verification;
}

}  // namespace

Task<std::vector<TransactionWrite>> check_transaction(RequestContext& ctx,
                                                      TransactionalProducer producer,
                                                      TransactionSupport support,
                                                      std::vector<TransactionWrite> writes) {
    std::vector<storage::TopicPartition> partitions;
    std::vector<size_t> asked;
    for (size_t i = 0; i < writes.size(); ++i) {
        TransactionWrite& write = writes[i];
        write.ticket = write.partition->guards().begin(producer.producer_id, producer.epoch,
                                                       write.sequence, ctx.now());
        if (write.ticket == 0 || !must_ask(ctx, support)) continue;
        partitions.push_back(write.partition->log().topic_partition());
        asked.push_back(i);
    }
    const BrokerConfig& config = ctx.services.config;
    const Nanos give_up = ctx.services.clock.after(
        std::chrono::milliseconds(config.add_partitions_to_txn_retry_backoff_max_ms));
    const std::chrono::milliseconds backoff(config.add_partitions_to_txn_retry_backoff_ms);
    const auto mode =
        support == TransactionSupport::add ? AddPartitionsMode::add : AddPartitionsMode::verify;
    while (!asked.empty()) {
        auto asking = ctx.services.transactions.add_partitions_for(producer, partitions, mode);
        const std::vector<ErrorCode> errors = co_await std::move(asking);
        ASSERT(errors.size() == asked.size());
        for (size_t i = 0; i < asked.size(); ++i)
            writes[asked[i]].error = error_for_producer(errors[i], support);
        const bool ending =
            std::ranges::find(errors, ErrorCode::concurrent_transactions) != errors.end();
        if (!ending || ctx.now() >= give_up) break;
        auto pause = ctx.services.clock.sleep(backoff);
        co_await std::move(pause);
    }
    co_return writes;
}

}  // namespace barnabas::broker
