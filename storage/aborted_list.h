// SPDX-License-Identifier: Apache-2.0
// AbortedList: the aborted transactions of a log, in the order of their markers, as a value:
// readers keep theirs while the log goes on. Adding one copies some thousand rows at most, however
// many there are. Knows no files.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "storage/log_types.h"

namespace barnabas::storage {

using AbortedTransactions = std::vector<AbortedTransaction>;  // last_offset ascending

class AbortedList {
  public:
    AbortedList() : AbortedList(AbortedTransactions{}) {}
    explicit AbortedList(AbortedTransactions rows);

    // A row whose marker is beyond those of all others.
    void add(const AbortedTransaction& row);
    // Rows whose markers lie in [base, end).
    AbortedTransactions between(Offset base, Offset end) const;
    // The number of rows whose markers lie at or beyond `base`.
    size_t count_from(Offset base) const;
    // Rows of transactions that overlap [from, to): what Fetch answers to read_committed (F14).
    AbortedTransactions overlapping(Offset from, Offset to) const;
    size_t size() const { return old_->size() + recent_->size(); }

  private:
    // The recent ones are copied for each that comes, the old ones when there are enough recent
    // ones.
    std::shared_ptr<const AbortedTransactions> old_;
    std::shared_ptr<const AbortedTransactions> recent_;
};

}  // namespace barnabas::storage
