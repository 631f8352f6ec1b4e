// SPDX-License-Identifier: Apache-2.0
// TransactionGuards: one entry for each producer that has begun to write since its last marker.
#include "broker/partition/transaction_guards.h"

#include <algorithm>

namespace barnabas::broker {

TransactionGuards::Ticket TransactionGuards::begin(ProducerId producer, int16_t epoch,
                                                   int32_t sequence, Nanos now) {
    forget_old(now);
    Producer& known = producers_[producer];
    if (known.ticket == 0 || epoch > known.epoch) {
        known = {.ticket = ++last_ticket_,
                 .epoch = epoch,
                 .lowest_sequence = sequence,
                 .agreed = false,
                 .began = now};
        return known.ticket;
    }
    // A late one of an earlier epoch: nothing here is its business, and nobody knows its ticket.
    if (epoch < known.epoch) return ++last_ticket_;
    if (known.agreed) return 0;
    known.lowest_sequence = std::min(known.lowest_sequence, sequence);
    return known.ticket;
}

std::optional<int32_t> TransactionGuards::admit(ProducerId producer, int16_t epoch, Ticket ticket) {
    const auto found = producers_.find(producer);
    if (found == producers_.end() || found->second.epoch != epoch) return std::nullopt;
    Producer& known = found->second;
    if (!known.agreed && ticket != known.ticket) return std::nullopt;
    known.agreed = true;
    return known.lowest_sequence;
}

void TransactionGuards::forget_old(Nanos now) {
    if (producers_.size() < look_at_size_) return;
    std::erase_if(producers_, [now](const auto& one) {
        return !one.second.agreed && now - one.second.began >= kept_for;
    });
    look_at_size_ = std::max<size_t>(1000, producers_.size() * 2);
}

}  // namespace barnabas::broker
