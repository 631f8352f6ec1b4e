// SPDX-License-Identifier: Apache-2.0
// ProducerState: what idempotent and transactional producers last wrote to one partition. It is
// derived from the log alone (the same calls feed it live and in recovery, pitfall X02), belongs to
// the log's lane, and knows nothing of files; producer_snapshot.h stores it.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/record_batch.h"
#include "storage/log_types.h"

namespace barnabas::storage {

inline constexpr int32_t sequence_none = -1;

// A batch that a producer's retry may repeat.
struct ProducerBatch {
    int32_t last_sequence = sequence_none;
    Offset last_offset = offset_none;
    int32_t offset_delta = 0;
    int64_t timestamp_ms = -1;

    Offset first_offset() const { return last_offset - offset_delta; }
    int32_t first_sequence() const {
        return protocol::sequence_after(last_sequence, -offset_delta);
    }
    friend bool operator==(const ProducerBatch&, const ProducerBatch&) = default;
};

// Exactly the last five (pitfall X01), oldest first.
inline constexpr size_t producer_batches_kept = 5;

struct ProducerEntry {
    int16_t epoch = -1;
    int32_t coordinator_epoch = -1;
    // Of the last batch or marker, as the snapshot file stores it.
    int64_t last_timestamp_ms = -1;
    // When this process last saw the producer: what expiry goes by, since batch timestamps are the
    // client's own and may be of any age.
    int64_t seen_ms = 0;
    std::optional<Offset> transaction_first_offset;
    std::array<ProducerBatch, producer_batches_kept> batches;
    uint8_t batch_count = 0;

    const ProducerBatch* last() const {
        return batch_count == 0 ? nullptr : &batches[batch_count - 1u];
    }
    void add(const ProducerBatch& batch);
};

// The body of a control batch that ends a transaction.
struct EndTransactionMarker {
    bool commit = false;
    int32_t coordinator_epoch = -1;
};

class ProducerState {
  public:
    using Entries = std::unordered_map<ProducerId, ProducerEntry>;

    explicit ProducerState(int64_t expiration_ms = 24LL * 3600 * 1000)
        : expiration_ms_(expiration_ms) {}

    // The batch that `batch` repeats, if it is a retry of one of the last five.
    std::optional<ProducerBatch> find_duplicate(const protocol::BatchHeader& batch) const;
    // May `batch`, which is no duplicate, be appended? Errors: out_of_order_sequence_number (45),
    // invalid_producer_epoch (47), invalid_txn_state (48). An unknown producer may begin anywhere
    // (KAFKA-14904, pitfall X04), but for what `terms` say of transactions. Sequences are checked
    // for clients only.
    Result<void> check(const protocol::BatchHeader& batch, AppendOrigin origin,
                       const TransactionTerms& terms = {}) const;
    // The same for a marker: invalid_producer_epoch (47), transaction_coordinator_fenced (52).
    Result<void> check_marker(const protocol::BatchHeader& batch,
                              const EndTransactionMarker& marker,
                              const TransactionTerms& terms = {}) const;

    // Notes a batch that is in the log; batches come in offset order. `seen_ms` is now for an
    // append, seen_when_replayed() for a batch that was found in the log.
    void apply(const protocol::BatchHeader& batch, int64_t seen_ms);
    // Notes a marker; the transaction that it aborted, if there was one and it aborts.
    std::optional<AbortedTransaction> apply_marker(const protocol::BatchHeader& batch,
                                                   const EndTransactionMarker& marker,
                                                   int64_t seen_ms);
    int64_t seen_when_replayed(int64_t batch_timestamp_ms, int64_t now_ms) const;

    // The first offset of the earliest open transaction; may lie below the log's start.
    std::optional<Offset> first_unstable_offset() const;
    // Forgets producers that wrote nothing for the expiration time and have no open transaction
    // (X22).
    size_t expire(int64_t now_ms);
    void clear();

    // Adds what a snapshot stored; rows of one producer come oldest first.
    void restore(ProducerId id, const ProducerEntry& entry, int64_t now_ms);
    const Entries& entries() const { return entries_; }

  private:
    void begin_transaction(ProducerId id, ProducerEntry& entry, Offset first);
    void end_transaction(ProducerEntry& entry);

    int64_t expiration_ms_;
    Entries entries_;
    std::map<Offset, ProducerId> open_transactions_;
};

}  // namespace barnabas::storage
