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

// What the coordinator is to be asked about: partitions, and which of the writes they are of.
struct Question {
    std::vector<storage::TopicPartition> partitions{};
    std::vector<size_t> asked{};
};

// Anew before each question: the markers of the transaction before, for which a producer has to
// wait, end what its guards knew.
Question begin_writes(RequestContext& ctx, const TransactionalProducer& producer,
                      TransactionSupport support, std::vector<TransactionWrite>& writes) {
    Question question;
    for (size_t i = 0; i < writes.size(); ++i) {
        TransactionWrite& write = writes[i];
        write.error = ErrorCode::none;
        write.ticket = write.partition->guards().begin(producer.producer_id, producer.epoch,
                                                       write.sequence, ctx.now());
        if (write.ticket == 0 || !must_ask(ctx, support)) continue;
        question.partitions.push_back(write.partition->log().topic_partition());
        question.asked.push_back(i);
    }
    return question;
}

}  // namespace

Task<std::vector<TransactionWrite>> check_transaction(RequestContext& ctx,
                                                      TransactionalProducer producer,
                                                      TransactionSupport support,
                                                      std::vector<TransactionWrite> writes) {
    const BrokerConfig& config = ctx.services.config;
    const Nanos give_up = ctx.services.clock.after(
        std::chrono::milliseconds(config.add_partitions_to_txn_retry_backoff_max_ms));
    // Markers take about a millisecond, so Kafka's fixed pause becomes the longest one.
    const Nanos backoff = std::chrono::milliseconds(config.add_partitions_to_txn_retry_backoff_ms);
    Nanos pausing = std::min<Nanos>(backoff, std::chrono::milliseconds(1));
    const auto mode =
        support == TransactionSupport::add ? AddPartitionsMode::add : AddPartitionsMode::verify;
    while (true) {
        const Question question = begin_writes(ctx, producer, support, writes);
        if (question.asked.empty()) break;
        auto asking =
            ctx.services.transactions.add_partitions_for(producer, question.partitions, mode);
        const std::vector<ErrorCode> errors = co_await std::move(asking);
        ASSERT(errors.size() == question.asked.size());
        for (size_t i = 0; i < errors.size(); ++i)
            writes[question.asked[i]].error = error_for_producer(errors[i], support);
        const bool ending =
            std::ranges::find(errors, ErrorCode::concurrent_transactions) != errors.end();
        if (!ending || ctx.now() >= give_up) break;
        auto pause = ctx.services.clock.sleep(pausing);
        co_await std::move(pause);
        pausing = std::min(pausing * 2, backoff);
    }
    co_return writes;
}

}  // namespace barnabas::broker
