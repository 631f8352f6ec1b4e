// SPDX-License-Identifier: Apache-2.0
// TransactionGuards: one entry for each producer that has begun to write since its last marker.
#include "broker/partition/transaction_guards.h"

#include <algorithm>
#include <limits>

namespace barnabas::broker {

TransactionGuards::Ticket TransactionGuards::begin(ProducerId producer, int16_t epoch,
                                                   int32_t sequence, Nanos now) {
    forget_old(now);
    Producer& known = producers_[{producer, epoch}];
    if (known.ticket == 0) {
        known = {
            .ticket = ++last_ticket_, .lowest_sequence = sequence, .agreed = false, .began = now};
        return known.ticket;
    }
    if (known.agreed) return 0;
    known.lowest_sequence = std::min(known.lowest_sequence, sequence);
    return known.ticket;
}

std::optional<int32_t> TransactionGuards::admit(ProducerId producer, int16_t epoch, Ticket ticket) {
    const auto found = producers_.find({producer, epoch});
    if (found == producers_.end()) return std::nullopt;
    Producer& known = found->second;
    if (!known.agreed && ticket != known.ticket) return std::nullopt;
    known.agreed = true;
    return known.lowest_sequence;
}

void TransactionGuards::end(ProducerId producer) {
    const auto first = producers_.lower_bound({producer, std::numeric_limits<int16_t>::min()});
    auto last = first;
    while (last != producers_.end() && last->first.first == producer) ++last;
    producers_.erase(first, last);
}

void TransactionGuards::forget_old(Nanos now) {
    if (producers_.size() < look_at_size_) return;
    std::erase_if(producers_, [now](const auto& one) {
        return !one.second.agreed && now - one.second.began >= kept_for;
    });
    look_at_size_ = std::max<size_t>(1000, producers_.size() * 2);
}

}  // namespace barnabas::broker
