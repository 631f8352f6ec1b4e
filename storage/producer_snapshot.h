// SPDX-License-Identifier: Apache-2.0
// The .snapshot file: ProducerState as of one offset, in Kafka's layout (docs/FORMATS.md). Kafka
// stores a producer's last batch only; we write one row for each of its last five batches, oldest
// first, so that a retry is recognised after a restart too. Readers that keep the last row of a
// producer, as Kafka does, see what they expect. Bytes in, bytes out; no files.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "storage/producer_state.h"

namespace barnabas::storage {

std::vector<uint8_t> encode_producer_snapshot(const ProducerState& state);

// Adds the snapshot's producers to `state`. `at` is the offset in the file's name, which no row may
// reach. kafka_storage_error if length, version, checksum or a row is wrong; then `state` is
// unchanged.
Result<void> decode_producer_snapshot(Bytes content, Offset at, int64_t now_ms,
                                      ProducerState& state);

}  // namespace barnabas::storage
