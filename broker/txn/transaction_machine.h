// SPDX-License-Identifier: Apache-2.0
// TransactionMachine: the transactional ids of one partition of __transaction_state. It decides
// what a request means (an answer, or a record and the answer that follows its commit) and applies
// records. Pure: time, new producer ids and the version of the transaction protocol are arguments.
// Writing records and markers is transaction_coordinator.h's.
//
// One decision at a time: from begin() until its record is committed or has failed, an id takes no
// other, and everybody else hears concurrent_transactions. So a timeout and a commit cannot both
// win (X18), and what was decided on one state is never applied to another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "broker/txn/transaction_records.h"

namespace barnabas::broker {

struct ProducerClaim {
    ProducerId producer_id = producer_id_none;
    int16_t epoch = epoch_none;
};

struct TransactionAnswer {
    ErrorCode error = ErrorCode::none;
    ProducerId producer_id = producer_id_none;
    int16_t epoch = epoch_none;
    friend bool operator==(const TransactionAnswer&, const TransactionAnswer&) = default;
};

struct TransactionDecision {
    // Told at once, or when `next` is committed.
    TransactionAnswer answer{};
    std::optional<StoredTransaction> next{};
    // The epoch before the last bump, which a producer may still name to get the present one.
    int16_t last_epoch = epoch_none;
    // Cannot be decided without a new producer id: ask again with one.
    bool needs_producer_id = false;
};

// What a decision may need besides the request.
struct TransactionContext {
    int64_t now_ms = 0;
    // The finalized level of transaction.version.
    int16_t server_version = 0;
    // A producer id that nobody has had.
    std::optional<ProducerId> fresh_id{};
};

struct InitTransactions {
    std::string id{};
    int32_t timeout_ms = 0;
    // KIP-360: what the producer had.
    std::optional<ProducerClaim> expected{};
};

struct AddPartitions {
    std::string id{};
    ProducerClaim producer{};
    StoredTransaction::Partitions partitions{};
    // 0, or 2 from producers and brokers that speak KIP-890 part 2.
    int16_t client_version = 0;
};

struct EndTransaction {
    std::string id{};
    ProducerClaim producer{};
    bool commit = false;
    int16_t client_version = 0;
};

class TransactionMachine {
  public:
    // Each only looks; begin() takes the decision.
    TransactionDecision decide_init(const InitTransactions& command,
                                    const TransactionContext& context) const;
    TransactionDecision decide_add(const AddPartitions& command,
                                   const TransactionContext& context) const;
    TransactionDecision decide_end(const EndTransaction& command,
                                   const TransactionContext& context) const;
    // The abort of a transaction that has run into its timeout; its producer is fenced.
    TransactionDecision decide_timeout(std::string_view id,
                                       const TransactionContext& context) const;
    // The end of a prepared transaction, whose markers are all written.
    TransactionDecision decide_complete(std::string_view id,
                                        const TransactionContext& context) const;
    // One error per partition, in the order of the set: is it in the ongoing transaction?
    std::vector<ErrorCode> verify(const AddPartitions& command) const;

    // Ongoing transactions that have taken longer than their timeout.
    std::vector<std::string> timed_out(int64_t now_ms) const;
    // Ids that have not been used for so long, and are not in use.
    std::vector<std::string> expired(int64_t now_ms, int64_t expiration_ms) const;
    // Transactions that are decided: their markers are to be written (again, after a load).
    std::vector<std::string> prepared() const;

    // Takes the decision (which has a `next`) or, without one, the id's removal; gives the record
    // to write. The id must not be pending.
    CoordinatorRecord begin(const std::string& id, const TransactionDecision& decision,
                            int16_t server_version);
    CoordinatorRecord begin_removal(const std::string& id);
    // A record that begin() gave was committed. Gives the id.
    Result<std::string> committed(Bytes key, std::optional<Bytes> value);
    // It was not: the id is as it was before.
    void failed(const std::string& id);
    // A record from the log.
    Result<std::string> apply(Bytes key, std::optional<Bytes> value);

    const StoredTransactions& stored() const { return stored_; }
    const StoredTransaction* find(std::string_view id) const { return stored_.find(id); }
    bool pending(std::string_view id) const { return pending_.contains(id); }

  private:
    // What the log does not say, but a coordinator that was there knows.
    struct Memory {
        int16_t last_epoch = epoch_none;
        // With transaction.version 0 values have no room for it.
        ProducerId previous_producer_id = producer_id_none;
    };
    struct Pending {
        Memory memory{};
        bool removal = false;
    };

    Memory memory_of(std::string_view id) const;
    // In between two states: nothing may be decided.
    bool in_transition(std::string_view id, const StoredTransaction& transaction) const;
    TransactionDecision decide_first_epoch(const InitTransactions& command,
                                           const TransactionContext& context) const;
    TransactionDecision decide_next_epoch(const InitTransactions& command,
                                          const StoredTransaction& current,
                                          const TransactionContext& context) const;
    TransactionDecision decide_old_end(const EndTransaction& command,
                                       const StoredTransaction& current,
                                       const TransactionContext& context) const;
    TransactionDecision decide_bumping_end(const EndTransaction& command,
                                           const StoredTransaction& current,
                                           const TransactionContext& context) const;

    StoredTransactions stored_;
    std::map<std::string, Pending, std::less<>> pending_;
    std::map<std::string, Memory, std::less<>> memory_;
};

}  // namespace barnabas::broker
