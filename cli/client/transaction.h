// SPDX-License-Identifier: Apache-2.0
// Transactions: a producer id and the transactions that are made with it, one after another. Knows
// which partitions the open one has, and their sequence numbers; sends no records.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cli/client/offsets.h"

namespace barnabas::cli {

class Transactions {
  public:
    // Takes the id over from whoever had it before; its open transaction is aborted. Throws
    // Failure, here and below.
    Transactions(Client& client, std::string id, std::chrono::milliseconds timeout);

    const std::string& id() const { return id_; }
    ProducerId producer() const { return producer_; }
    int16_t epoch() const { return epoch_; }

    // Before the first batch of a partition goes out.
    void add(const std::set<PartitionName>& partitions);
    // The sequence number of the next batch, and what comes after it.
    int32_t sequence(const PartitionName& partition) const;
    void advance(const PartitionName& partition, int32_t records);
    // Commits or aborts; without partitions there is nothing to end.
    void end(bool commit);

  private:
    template <class Ask>
    void try_until_possible(Ask ask);

    Client& client_;
    std::string id_;
    ProducerId producer_;
    int16_t epoch_ = -1;
    std::set<PartitionName> partitions_;
    std::map<PartitionName, int32_t> sequences_;
};

}  // namespace barnabas::cli
