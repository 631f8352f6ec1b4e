// SPDX-License-Identifier: Apache-2.0
// AbortedList: two vectors that are never changed, only replaced.
#include "storage/aborted_list.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

// Rows of `rows` from the first one whose marker is at or beyond `base`.
auto first_from(const AbortedTransactions& rows, Offset base) {
    return std::ranges::lower_bound(rows, base, {}, &AbortedTransaction::last_offset);
}

void add_overlapping(const AbortedTransactions& rows, Offset from, Offset to,
                     AbortedTransactions& found) {
    for (auto row = first_from(rows, from); row != rows.end(); ++row) {
        if (row->first_offset < to) found.push_back(*row);
        // Later rows belong to transactions that were still open, or began, at or after this.
        if (row->last_stable_offset >= to) break;
    }
}

// About the square root of the old ones, so that both copies cost the same.
size_t recent_max(size_t old) {
    size_t root = 64;
    while (root * root < old) root *= 2;
    return root;
}

}  // namespace

AbortedList::AbortedList(AbortedTransactions rows)
    : old_(std::make_shared<const AbortedTransactions>(std::move(rows))),
      recent_(std::make_shared<const AbortedTransactions>()) {
    ASSERT(std::ranges::is_sorted(*old_, {}, &AbortedTransaction::last_offset));
}

void AbortedList::add(const AbortedTransaction& row) {
    ASSERT(count_from(row.last_offset) == 0, "markers come in the order of the log");
    const bool merge = recent_->size() >= recent_max(old_->size());
    auto rows = std::make_shared<AbortedTransactions>();
    rows->reserve((merge ? size() : recent_->size()) + 1);
    if (merge) *rows = *old_;
    rows->insert(rows->end(), recent_->begin(), recent_->end());
    rows->push_back(row);
    if (merge) {
        old_ = std::move(rows);
        recent_ = std::make_shared<const AbortedTransactions>();
    } else {
        recent_ = std::move(rows);
    }
}

AbortedTransactions AbortedList::between(Offset base, Offset end) const {
    AbortedTransactions found;
    for (const auto& rows : {old_, recent_}) {
        const auto first = first_from(*rows, base);
        const auto last = first_from(*rows, std::max(base, end));
        found.insert(found.end(), first, last);
    }
    return found;
}

size_t AbortedList::count_from(Offset base) const {
    const auto count = [base](const AbortedTransactions& rows) {
        return static_cast<size_t>(rows.end() - first_from(rows, base));
    };
    return count(*old_) + count(*recent_);
}

AbortedTransactions AbortedList::overlapping(Offset from, Offset to) const {
    ASSERT(from <= to);
    AbortedTransactions found;
    add_overlapping(*old_, from, to, found);
    add_overlapping(*recent_, from, to, found);
    return found;
}

}  // namespace barnabas::storage
