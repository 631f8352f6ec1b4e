// SPDX-License-Identifier: Apache-2.0
// The rules of idempotence (KIP-98, KIP-360) and of open transactions for one partition.
#include "storage/producer_state.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

// A producer found in the log at start-up whose batches carry old timestamps may still be about to
// retry; it is kept at least this long. Clients give up sending after two minutes by default.
constexpr int64_t restart_grace_ms = 15LL * 60 * 1000;

bool in_sequence(int32_t last, int32_t next) {
    return last == sequence_none ? next == 0 : next == protocol::sequence_after(last, 1);
}

// A transaction's first batch here, where others of the same producer may have been refused for
// now: the lower sequence goes first, or it could never get in (KAFKA-14844).
bool may_begin(const protocol::BatchHeader& batch, bool is_known, const TransactionTerms& terms) {
    if (!batch.is_transactional()) return true;
    if (terms.version >= 2 && !is_known && batch.base_sequence != 0) return false;
    return batch.base_sequence <= terms.lowest_sequence;
}

}  // namespace

void ProducerEntry::add(const ProducerBatch& batch) {
    ASSERT(batch_count <= producer_batches_kept);
    if (batch_count == producer_batches_kept) {
        std::shift_left(batches.begin(), batches.end(), 1);
        --batch_count;
    }
    batches[batch_count++] = batch;
}

std::optional<ProducerBatch> ProducerState::find_duplicate(
    const protocol::BatchHeader& batch) const {
    const auto found = entries_.find(batch.producer_id);
    if (found == entries_.end() || found->second.epoch != batch.producer_epoch) return std::nullopt;
    if (batch.base_sequence < 0) return std::nullopt;
    const ProducerEntry& entry = found->second;
    for (size_t i = 0; i < entry.batch_count; ++i) {
        const ProducerBatch& kept = entry.batches[i];
        if (kept.last_sequence == batch.last_sequence() &&
            kept.first_sequence() == batch.base_sequence)
            return kept;
    }
    return std::nullopt;
}

Result<void> ProducerState::check(const protocol::BatchHeader& batch, AppendOrigin origin,
                                  const TransactionTerms& terms) const {
    if (!batch.has_producer_id() || origin == AppendOrigin::replication) return {};
    const auto found = entries_.find(batch.producer_id);
    const bool from_client = origin == AppendOrigin::client;
    if (found == entries_.end()) {
        if (from_client && !may_begin(batch, false, terms))
            return fail(ErrorCode::out_of_order_sequence_number, "producer's first sequence");
        return {};
    }
    const ProducerEntry& entry = found->second;
    if (batch.producer_epoch < entry.epoch)
        return fail(ErrorCode::invalid_producer_epoch, "producer epoch");
    const bool same_epoch = batch.producer_epoch == entry.epoch;
    const bool ongoing = entry.transaction_first_offset && same_epoch;
    if (from_client && !ongoing && !may_begin(batch, entry.batch_count > 0, terms))
        return fail(ErrorCode::out_of_order_sequence_number, "producer's first sequence");
    const int32_t last =
        same_epoch && entry.batch_count > 0 ? entry.last()->last_sequence : sequence_none;
    if (origin == AppendOrigin::client && !in_sequence(last, batch.base_sequence))
        return fail(ErrorCode::out_of_order_sequence_number, "producer sequence");
    if (entry.transaction_first_offset && !batch.is_transactional())
        return fail(ErrorCode::invalid_txn_state, "batch outside the open transaction");
    return {};
}

Result<void> ProducerState::check_marker(const protocol::BatchHeader& batch,
                                         const EndTransactionMarker& marker,
                                         const TransactionTerms& terms) const {
    const auto found = entries_.find(batch.producer_id);
    if (found == entries_.end()) return {};
    if (batch.producer_epoch < found->second.epoch)
        return fail(ErrorCode::invalid_producer_epoch, "marker's producer epoch");
    // One that comes again, after its transaction has ended, does no harm (KAFKA-19999).
    const bool hits_next = terms.version >= 2 && batch.producer_epoch == found->second.epoch &&
                           found->second.transaction_first_offset;
    if (hits_next) return fail(ErrorCode::invalid_producer_epoch, "marker's producer epoch");
    if (marker.coordinator_epoch < found->second.coordinator_epoch)
        return fail(ErrorCode::transaction_coordinator_fenced, "marker's coordinator epoch");
    return {};
}

void ProducerState::apply(const protocol::BatchHeader& batch, int64_t seen_ms) {
    ASSERT(batch.has_producer_id() && !batch.is_control());
    ProducerEntry& entry = entries_[batch.producer_id];
    if (entry.epoch != batch.producer_epoch) {
        entry.batch_count = 0;
        entry.epoch = batch.producer_epoch;
    }
    ASSERT(entry.batch_count == 0 || entry.last()->last_offset < batch.base_offset,
           "batches are applied in offset order");
    entry.add(
        {batch.last_sequence(), batch.last_offset(), batch.last_offset_delta, batch.max_timestamp});
    entry.last_timestamp_ms = batch.max_timestamp;
    entry.seen_ms = seen_ms;
    if (batch.is_transactional() && !entry.transaction_first_offset)
        begin_transaction(batch.producer_id, entry, batch.base_offset);
}

std::optional<AbortedTransaction> ProducerState::apply_marker(const protocol::BatchHeader& batch,
                                                              const EndTransactionMarker& marker,
                                                              int64_t seen_ms) {
    ASSERT(batch.has_producer_id() && batch.is_control());
    ProducerEntry& entry = entries_[batch.producer_id];
    if (entry.epoch != batch.producer_epoch) {
        entry.batch_count = 0;
        entry.epoch = batch.producer_epoch;
    }
    entry.coordinator_epoch = marker.coordinator_epoch;
    entry.last_timestamp_ms = batch.max_timestamp;
    entry.seen_ms = seen_ms;
    if (!entry.transaction_first_offset) return std::nullopt;
    const Offset first = *entry.transaction_first_offset;
    ASSERT(first <= batch.base_offset);
    end_transaction(entry);
    if (marker.commit) return std::nullopt;
    const Offset stable = first_unstable_offset().value_or(batch.last_offset() + 1);
    return AbortedTransaction{batch.producer_id, first, batch.last_offset(), stable};
}

std::optional<Offset> ProducerState::first_unstable_offset() const {
    if (open_transactions_.empty()) return std::nullopt;
    return open_transactions_.begin()->first;
}

size_t ProducerState::expire(int64_t now_ms) {
    return std::erase_if(entries_, [&](const auto& item) {
        const ProducerEntry& entry = item.second;
        return !entry.transaction_first_offset && entry.seen_ms + expiration_ms_ <= now_ms;
    });
}

void ProducerState::clear() {
    entries_.clear();
    open_transactions_.clear();
}

void ProducerState::restore(ProducerId id, const ProducerEntry& row, int64_t now_ms) {
    ProducerEntry& entry = entries_[id];
    if (entry.epoch != row.epoch) entry.batch_count = 0;
    if (entry.transaction_first_offset) end_transaction(entry);
    entry.epoch = row.epoch;
    entry.coordinator_epoch = row.coordinator_epoch;
    entry.last_timestamp_ms = row.last_timestamp_ms;
    entry.seen_ms = seen_when_replayed(row.last_timestamp_ms, now_ms);
    for (size_t i = 0; i < row.batch_count; ++i) entry.add(row.batches[i]);
    if (row.transaction_first_offset) begin_transaction(id, entry, *row.transaction_first_offset);
}

int64_t ProducerState::seen_when_replayed(int64_t batch_timestamp_ms, int64_t now_ms) const {
    const int64_t grace = std::min(restart_grace_ms, expiration_ms_);
    return std::clamp(batch_timestamp_ms, now_ms - expiration_ms_ + grace, now_ms);
}

void ProducerState::begin_transaction(ProducerId id, ProducerEntry& entry, Offset first) {
    ASSERT(!entry.transaction_first_offset);
    entry.transaction_first_offset = first;
    open_transactions_[first] = id;
}

void ProducerState::end_transaction(ProducerEntry& entry) {
    ASSERT(entry.transaction_first_offset);
    open_transactions_.erase(*entry.transaction_first_offset);
    entry.transaction_first_offset.reset();
}

}  // namespace barnabas::storage
