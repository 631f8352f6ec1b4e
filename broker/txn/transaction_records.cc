// SPDX-License-Identifier: Apache-2.0
// StoredTransactions and the records it is made of, between values and Kafka's schemas.
#include "broker/txn/transaction_records.h"

#include <array>
#include <utility>

#include "base/assert.h"
#include "protocol/record_framing.h"
#include "protocol/records/transaction.h"

namespace barnabas::broker {
namespace {

using protocol::TransactionLogKey;
using protocol::TransactionLogValue;

constexpr std::array state_names{"Empty",        "Ongoing",        "PrepareCommit",
                                 "PrepareAbort", "CompleteCommit", "CompleteAbort"};

// The bounds of what can be a state: damage is told apart from what a newer broker wrote only by
// the version, so all else is damage.
Result<TransactionState> state_of(int8_t status) {
    if (status < 0 || static_cast<size_t>(status) >= state_names.size())
        return fail(ErrorCode::corrupt_message, "transaction status");
    return static_cast<TransactionState>(status);
}

Result<StoredTransaction> from_wire(const TransactionLogValue& value) {
    TRY_ASSIGN(const TransactionState state, state_of(value.transaction_status));
    if (value.producer_id.value < 0 || value.producer_epoch < 0)
        return fail(ErrorCode::corrupt_message, "transaction without producer");
    if (value.transaction_start_timestamp_ms < -1)
        return fail(ErrorCode::corrupt_message, "start of a transaction");
    if (value.transaction_timeout_ms < 0)
        return fail(ErrorCode::corrupt_message, "transaction timeout");
    StoredTransaction result{.producer_id = value.producer_id,
                             .previous_producer_id = value.previous_producer_id,
                             .next_producer_id = value.next_producer_id,
                             .epoch = value.producer_epoch,
                             .timeout_ms = value.transaction_timeout_ms,
                             .state = state,
                             .updated_ms = value.transaction_last_update_timestamp_ms,
                             .started_ms = value.transaction_start_timestamp_ms,
                             .client_version = value.client_transaction_version};
    if (state == TransactionState::empty || !value.transaction_partitions) return result;
    for (const auto& topic : *value.transaction_partitions)
        for (const PartitionIndex index : topic.partition_ids)
            result.partitions.insert({topic.topic.str(), index});
    return result;
}

void add_partitions(TransactionLogValue& value, const StoredTransaction::Partitions& partitions) {
    value.transaction_partitions.emplace();
    for (const storage::TopicPartition& partition : partitions) {
        auto& topics = *value.transaction_partitions;
        if (topics.empty() || topics.back().topic.view() != partition.topic)
            topics.emplace_back().topic = Text::borrow(partition.topic);
        topics.back().partition_ids.push_back(partition.partition);
    }
}

std::vector<uint8_t> encode_key(std::string_view id) {
    TransactionLogKey key;
    key.transactional_id = Text::borrow(id);
    return protocol::encode_coordinator_key(key);
}

}  // namespace

std::string_view state_name(TransactionState state) {
    return state_names.at(static_cast<size_t>(state));
}

Result<std::string> StoredTransactions::apply(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const auto name, protocol::decode_coordinator_key<TransactionLogKey>(key));
    std::string id = name.transactional_id.str();
    if (!value) {
        transactions_.erase(id);
        return id;
    }
    TRY_ASSIGN(const auto wire, protocol::decode_coordinator_value<TransactionLogValue>(*value));
    TRY_ASSIGN(auto transaction, from_wire(wire));
    transactions_.insert_or_assign(id, std::move(transaction));
    return id;
}

const StoredTransaction* StoredTransactions::find(std::string_view id) const {
    const auto found = transactions_.find(id);
    return found == transactions_.end() ? nullptr : &found->second;
}

CoordinatorRecord make_transaction_record(std::string_view id, const StoredTransaction& transaction,
                                          int16_t value_version) {
    ASSERT(transaction.epoch >= 0 && transaction.producer_id.value >= 0);
    ASSERT(transaction.state != TransactionState::empty || transaction.partitions.empty());
    TransactionLogValue value;
    value.producer_id = transaction.producer_id;
    value.producer_epoch = transaction.epoch;
    value.transaction_timeout_ms = transaction.timeout_ms;
    value.transaction_status = static_cast<int8_t>(transaction.state);
    value.transaction_last_update_timestamp_ms = transaction.updated_ms;
    value.transaction_start_timestamp_ms = transaction.started_ms;
    value.transaction_partitions.reset();
    if (transaction.state != TransactionState::empty) add_partitions(value, transaction.partitions);
    if (value_version >= 1) {
        value.previous_producer_id = transaction.previous_producer_id;
        value.next_producer_id = transaction.next_producer_id;
        value.client_transaction_version = transaction.client_version;
    }
    return {encode_key(id), protocol::encode_coordinator_value(value, value_version)};
}

CoordinatorRecord make_transaction_tombstone(std::string_view id) {
    return {encode_key(id), std::nullopt};
}

}  // namespace barnabas::broker
