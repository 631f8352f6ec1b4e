// SPDX-License-Identifier: Apache-2.0
// BatchFilter: what compaction keeps of one batch, and the bytes of what is left, as Kafka's own
// cleaner decides it (KIP-354, KIP-534, KIP-98): the newest record of each key; tombstones and
// markers until their horizon; empty batches where a producer's sequence or the log's end hangs on
// them. Offsets and order never change. Works on memory alone.
#pragma once

#include <optional>
#include <vector>

#include "protocol/compression.h"
#include "protocol/record_batch.h"
#include "storage/batch_walker.h"
#include "storage/cleaned_transactions.h"
#include "storage/offset_map.h"
#include "storage/producer_tails.h"

namespace barnabas::storage {

struct FilterRules {
    // Newest offsets of the keys at offsets below `map_end`; records beyond it stay.
    Offset map_end;
    // A batch that ends here stays, if only as an empty one: the log's offsets must not go back.
    Offset round_end;
    int64_t now_ms = 0;
    int64_t delete_retention_ms = 0;
};

struct FilterStats {
    uint64_t records_read = 0;
    uint64_t records_kept = 0;
    uint64_t bytes_read = 0;
    uint64_t bytes_kept = 0;
};

// What a batch's records may expand to in memory; one that needs more cannot be compacted.
inline constexpr size_t cleaned_batch_bytes_max = size_t{128} << 20;

// The records of a stored batch, decompressed into `decompressor`'s memory if need be.
Result<Bytes> plain_records(const WalkedBatch& batch, protocol::Decompressor& decompressor);

class BatchFilter {
  public:
    BatchFilter(const OffsetMap& map, const ProducerTails& producers, const FilterRules& rules)
        : map_(map), producers_(producers), rules_(rules) {}

    // Batches come in offset order. Gives what is to be written in its place, valid until the next
    // call: the batch itself, another one, or nothing. invalid_record: a record has no key.
    struct Outcome {
        protocol::BatchHeader header;
        Bytes records;
    };
    Result<std::optional<Outcome>> filter(const WalkedBatch& batch,
                                          CleanedTransactions& transactions);
    const FilterStats& stats() const { return stats_; }

  private:
    bool must_leave_trace(const protocol::BatchHeader& header) const;
    bool keeps(const protocol::BatchHeader& header, const protocol::RecordView& record) const;
    Result<void> sort_records(const protocol::BatchHeader& header, Bytes plain, bool drop_all);
    Outcome rewritten(const protocol::BatchHeader& header, Bytes plain,
                      std::optional<int64_t> horizon_ms);
    Outcome emptied(const protocol::BatchHeader& header) const;

    const OffsetMap& map_;
    const ProducerTails& producers_;
    const FilterRules rules_;
    protocol::Decompressor decompressor_;
    // Of the batch's records, one bit each: a batch may hold very many.
    std::vector<bool> keeps_;
    size_t kept_ = 0;
    bool kept_tombstone_ = false;
    std::vector<uint8_t> built_;
    FilterStats stats_;
};

}  // namespace barnabas::storage
