// SPDX-License-Identifier: Apache-2.0
// CoordinatorReplay: from the bytes of a coordinator's partition to the records that its state
// machine applies, or holds until the marker of their transaction comes. Pure: bytes in, calls out;
// the reading is coordinator_log.h's.
#pragma once

#include <cstdint>
#include <optional>

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
    // A record of a transaction that is open: it counts when, and if, that commits.
    virtual Result<void> hold(ProducerId, Bytes, std::optional<Bytes>) {
        return fail(ErrorCode::unsupported_version, "record of a transaction");
    }
    // The outcome of the producer's transaction.
    virtual void end_transaction(ProducerId, bool) {}
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
    Result<void> feed_batch(const protocol::BatchView& batch, Offset from);
    void end_transaction(ProducerId producer, const protocol::RecordView& marker);
    void count(const Result<void>& applied, Offset offset);

    CoordinatorMachine& machine_;
    protocol::Decompressor decompressor_;
    uint64_t applied_ = 0;
    uint64_t not_understood_ = 0;
};

}  // namespace barnabas::broker
