// SPDX-License-Identifier: Apache-2.0
// What __transaction_state holds, as values: one StoredTransaction for each transactional id, in
// Kafka's own key and value schemas. StoredTransactions is the state that replaying a partition
// gives; its apply() is the only way to change it, live and at start-up alike. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "broker/coordinator/coordinator_record.h"
#include "storage/topic_partition.h"

namespace barnabas::broker {

// Kafka's numbers, as they stand in the log.
enum class TransactionState : int8_t {
    empty = 0,
    ongoing = 1,
    prepare_commit = 2,
    prepare_abort = 3,
    complete_commit = 4,
    complete_abort = 5,
};

// Epochs end here; the largest one is kept for fencing and never given to a producer.
inline constexpr int16_t epoch_max = 32767;
inline constexpr int16_t epoch_none = -1;

// "Empty", "Ongoing", ...: as tools print them.
std::string_view state_name(TransactionState state);
// Decided, but not every marker is written: nothing but completion may follow.
constexpr bool is_prepared(TransactionState state) {
    return state == TransactionState::prepare_commit || state == TransactionState::prepare_abort;
}

struct StoredTransaction {
    using Partitions = std::set<storage::TopicPartition>;

    ProducerId producer_id = producer_id_none;
    ProducerId previous_producer_id = producer_id_none;
    // The id that the producer goes on with when the transaction is complete: its epochs ran out.
    ProducerId next_producer_id = producer_id_none;
    int16_t epoch = epoch_none;
    int32_t timeout_ms = 0;
    TransactionState state = TransactionState::empty;
    Partitions partitions{};
    int64_t updated_ms = 0;
    int64_t started_ms = -1;
    // transaction.version by which the producer wrote its last request: 0 or 2 (KIP-890).
    int16_t client_version = 0;

    // No epoch is left that may be given to a producer.
    bool exhausted() const { return epoch >= epoch_max - 1; }
    // Each end bumps the epoch (KIP-890 part 2).
    bool bumps_epochs() const { return client_version >= 2; }
    friend bool operator==(const StoredTransaction&, const StoredTransaction&) = default;
};

class StoredTransactions {
  public:
    using Map = std::map<std::string, StoredTransaction, std::less<>>;

    // The only mutator. Gives the transactional id. Fails with corrupt_message for bytes that are
    // no such record, and with unsupported_version for types and versions of which this build knows
    // nothing; the state is unchanged then.
    Result<std::string> apply(Bytes key, std::optional<Bytes> value);

    // Null where the id is unknown. Valid until the next apply().
    const StoredTransaction* find(std::string_view id) const;
    const Map& all() const { return transactions_; }
    friend bool operator==(const StoredTransactions&, const StoredTransactions&) = default;

  private:
    Map transactions_;
};

// The versions of values: what Kafka writes when transaction.version is 0, and from 1 on.
constexpr int16_t value_version_of(int16_t transaction_version) {
    return transaction_version >= 1 ? 1 : 0;
}
CoordinatorRecord make_transaction_record(std::string_view id, const StoredTransaction& transaction,
                                          int16_t value_version);
CoordinatorRecord make_transaction_tombstone(std::string_view id);

}  // namespace barnabas::broker
