// SPDX-License-Identifier: Apache-2.0
// CleanedTransactions: follows transactions while compaction goes over a log in offset order, to
// tell which data was aborted and which markers nothing needs any more (pitfall K09). Knows the
// aborted ones beforehand; everything else that has ended was committed. A plain value of one pass.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "protocol/record_batch.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {

class CleanedTransactions {
  public:
    // `aborted`: all that overlap what will be gone over.
    explicit CleanedTransactions(AbortedTransactions aborted);

    // A data batch: true if it was aborted.
    bool is_aborted(const protocol::BatchHeader& batch);
    // A control batch: true if nothing of its transaction was met, so that the marker may go once
    // its time has come.
    bool is_spent_marker(const protocol::BatchHeader& batch, Bytes records);
    // The aborted transactions whose marker and data were both met since the last call: what the
    // transaction index of the new segment has to say.
    AbortedTransactions take_still_needed();

  private:
    struct Open {
        AbortedTransaction row;
        bool met_data = false;
    };
    void begin_up_to(Offset offset);

    AbortedTransactions waiting_;  // first_offset ascending
    size_t begun_ = 0;
    std::unordered_map<ProducerId, Open> aborted_;
    std::unordered_set<ProducerId> committed_;
    AbortedTransactions needed_;
};

}  // namespace barnabas::storage
