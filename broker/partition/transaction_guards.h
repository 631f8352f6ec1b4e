// SPDX-License-Identifier: Apache-2.0
// TransactionGuards: which producers' transactions one partition may be written in (KIP-890). The
// first write of a transaction is let in when the transaction coordinator has said that the
// partition belongs to it, and only if no marker came in between: that one may have ended the very
// transaction that was asked about (KAFKA-14884), and the records would hang open behind it.
// Calls come in the order of the log, because writes and markers are queued where they are made.
// Pure; belongs to a Partition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "base/nanos.h"

namespace barnabas::broker {

class TransactionGuards {
  public:
    // 0: the transaction is known here, the coordinator need not be asked.
    using Ticket = uint64_t;

    // A write is going to be made whose first sequence is `sequence` (-1: it has none).
    Ticket begin(ProducerId producer, int16_t epoch, int32_t sequence, Nanos now);
    // The write is going to be queued at once; where begin() gave a ticket, the coordinator has
    // agreed. Gives the lowest sequence that was seen since the last marker, or nothing if the
    // write must not be made.
    std::optional<int32_t> admit(ProducerId producer, int16_t epoch, Ticket ticket);
    // A marker is going to be queued at once.
    void end(ProducerId producer);
    // Others lead, or have led: nothing is known.
    void clear() { producers_.clear(); }
    size_t size() const { return producers_.size(); }

    // Producers that never came back after so long are forgotten.
    static constexpr Nanos kept_for = std::chrono::hours(24);

  private:
    struct Producer {
        Ticket ticket = 0;
        int32_t lowest_sequence = -1;
        bool agreed = false;
        Nanos began{};
    };
    void forget_old(Nanos now);

    // By epoch, too: whoever claims one that nobody gave him disturbs nobody.
    std::map<std::pair<ProducerId, int16_t>, Producer> producers_;
    Ticket last_ticket_ = 0;
    size_t look_at_size_ = 1000;
};

}  // namespace barnabas::broker
