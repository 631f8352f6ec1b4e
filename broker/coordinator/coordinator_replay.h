// SPDX-License-Identifier: Apache-2.0
// CoordinatorReplay: from the bytes of a coordinator's partition to the records that its state
// machine applies. Records of a transaction count when its commit marker comes, those of an aborted
// one never do. Pure: bytes in, calls out; the reading is coordinator_log.h's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "protocol/compression.h"
#include "protocol/record_batch.h"

namespace barnabas::broker {

// A coordinator's state: what the records of its partition make of it.
class CoordinatorMachine {
  public:
    virtual ~CoordinatorMachine() = default;
    // A committed record. With an Error the record was not understood and changed nothing.
    virtual Result<void> apply(Bytes key, std::optional<Bytes> value) = 0;
    // A record that was asked for here has been committed.
    virtual Result<void> committed(Bytes key, std::optional<Bytes> value) {
        return apply(key, value);
    }
    // Everything that was in the log has been applied.
    virtual void loaded() = 0;
};

class CoordinatorReplay {
  public:
    explicit CoordinatorReplay(CoordinatorMachine& machine) : machine_(machine) {}

    // Applies the records with offsets >= `from` of whole batches. Gives the offset after the last
    // batch. Fails with corrupt_message; a record that the machine does not understand is logged
    // and left out.
    Result<Offset> feed(Bytes batches, Offset from);
    uint64_t applied() const { return applied_; }
    uint64_t not_understood() const { return not_understood_; }

  private:
    struct Stored {
        std::vector<uint8_t> key;
        std::optional<std::vector<uint8_t>> value;
    };

    Result<void> feed_batch(const protocol::BatchView& batch, Offset from);
    void end_transaction(int64_t producer_id, const protocol::RecordView& marker);
    void apply(Bytes key, std::optional<Bytes> value, Offset offset);

    CoordinatorMachine& machine_;
    protocol::Decompressor decompressor_;
    // By producer id: the records of its open transaction.
    std::map<int64_t, std::vector<Stored>> open_;
    uint64_t applied_ = 0;
    uint64_t not_understood_ = 0;
};

}  // namespace barnabas::broker
