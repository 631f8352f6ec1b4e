// SPDX-License-Identifier: Apache-2.0
// Transactions as compaction meets them; see the header.
#include "storage/cleaned_transactions.h"

#include <algorithm>
#include <utility>

#include "storage/producer_history.h"

namespace barnabas::storage {

CleanedTransactions::CleanedTransactions(AbortedTransactions aborted)
    : waiting_(std::move(aborted)) {
    std::ranges::sort(waiting_, {}, &AbortedTransaction::first_offset);
}

void CleanedTransactions::begin_up_to(Offset offset) {
    for (; begun_ < waiting_.size() && waiting_[begun_].first_offset <= offset; ++begun_)
        aborted_.try_emplace(waiting_[begun_].producer_id, Open{waiting_[begun_], false});
}

bool CleanedTransactions::is_aborted(const protocol::BatchHeader& batch) {
    begin_up_to(batch.last_offset());
    if (!batch.is_transactional()) return false;
    const auto open = aborted_.find(batch.producer_id);
    if (open == aborted_.end()) {
        committed_.insert(batch.producer_id);
        return false;
    }
    open->second.met_data = true;
    return true;
}

bool CleanedTransactions::is_spent_marker(const protocol::BatchHeader& batch, Bytes records) {
    begin_up_to(batch.last_offset());
    // Emptied by an earlier round, kept for its producer's sake.
    if (batch.record_count == 0) return true;
    const auto marker = parse_marker(batch, records);
    if (!marker) return false;
    if (marker->commit) return committed_.erase(batch.producer_id) == 0;
    const auto open = aborted_.find(batch.producer_id);
    if (open == aborted_.end()) return true;
    const Open ended = open->second;
    aborted_.erase(open);
    if (ended.met_data) needed_.push_back(ended.row);
    return !ended.met_data;
}

AbortedTransactions CleanedTransactions::take_still_needed() {
    return std::exchange(needed_, {});
}

}  // namespace barnabas::storage
