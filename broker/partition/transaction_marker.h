// SPDX-License-Identifier: Apache-2.0
// TransactionMarker: what ends a transaction in one partition, as a value and as an append.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "storage/log_types.h"

namespace barnabas::broker {

struct TransactionMarker {
    ProducerId producer_id;
    int16_t producer_epoch = -1;
    int32_t coordinator_epoch = -1;
    bool commit = false;
    // transaction.version of the transaction (KIP-1228): with 2 and later `producer_epoch` is
    // beyond the one that wrote the records.
    int8_t transaction_version = 0;
};

// The append of a marker, but for the leader epoch.
storage::AppendRequest marker_append(const TransactionMarker& marker, int64_t now_ms);

}  // namespace barnabas::broker
