// SPDX-License-Identifier: Apache-2.0
// Which records and batches compaction keeps; see the header.
#include "storage/batch_filter.h"

#include <utility>

#include "base/assert.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::storage {

using protocol::BatchHeader;
using protocol::RecordView;

Result<Bytes> plain_records(const WalkedBatch& batch, protocol::Decompressor& decompressor) {
    const auto codec = protocol::codec_of(batch.header.codec_id());
    if (!codec) return fail(ErrorCode::unsupported_compression_type, "codec of a stored batch");
    return decompressor.decompress(*codec, batch.records, cleaned_batch_bytes_max);
}

// An active producer's sequence numbers go on from its last data batch; with none of those left its
// last marker still tells the epoch (pitfall K10).
bool BatchFilter::must_leave_trace(const BatchHeader& header) const {
    if (header.next_offset() == rules_.round_end || header.next_offset() == rules_.map_end)
        return true;
    if (!header.has_producer_id()) return false;
    const auto tail = producers_.find(header.producer_id);
    if (tail == producers_.end()) return false;
    if (tail->second.last_data_offset)
        return header.last_offset() == *tail->second.last_data_offset;
    return header.is_control() && header.producer_epoch == tail->second.epoch;
}

bool BatchFilter::keeps(const BatchHeader& header, const RecordView& record) const {
    if (header.is_control()) return true;
    const Offset offset = header.base_offset + record.offset_delta;
    if (offset >= rules_.map_end) return true;
    if (offset < map_.find(*record.key)) return false;
    const bool is_due = header.has_delete_horizon() && header.base_timestamp <= rules_.now_ms;
    return record.value.has_value() || !is_due;
}

Result<void> BatchFilter::sort_records(const BatchHeader& header, Bytes plain, bool drop_all) {
    keeps_.clear();
    kept_ = 0;
    kept_tombstone_ = false;
    protocol::RecordReader reader(plain, header.record_count);
    RecordView record;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) return {};
        ++stats_.records_read;
        if (drop_all) continue;
        if (!header.is_control() && !record.key)
            return fail(ErrorCode::invalid_record, "a record without key");
        keeps_.push_back(keeps(header, record));
        if (!keeps_.back()) continue;
        ++kept_;
        kept_tombstone_ |= !header.is_control() && !record.value;
    }
}

Result<std::optional<BatchFilter::Outcome>> BatchFilter::filter(const WalkedBatch& batch,
                                                                CleanedTransactions& transactions) {
    const BatchHeader& header = batch.header;
    stats_.bytes_read += header.size();
    const bool spent_marker =
        header.is_control() && transactions.is_spent_marker(header, batch.records);
    const bool is_due = header.has_delete_horizon() && header.base_timestamp <= rules_.now_ms;
    const bool drop_all =
        header.is_control() ? spent_marker && is_due : transactions.is_aborted(header);
    TRY_ASSIGN(const Bytes plain, plain_records(batch, decompressor_));
    TRY(sort_records(header, plain, drop_all));
    std::optional<Outcome> outcome;
    const bool needs_horizon = (kept_tombstone_ || spent_marker) && !header.has_delete_horizon();
    if (kept_ > 0) {
        const bool is_whole = std::cmp_equal(kept_, header.record_count);
        if (is_whole && !needs_horizon) {
            outcome = Outcome{header, batch.records};
        } else {
            std::optional<int64_t> horizon_ms;
            if (header.has_delete_horizon()) horizon_ms = header.base_timestamp;
            if (needs_horizon) horizon_ms = rules_.now_ms + rules_.delete_retention_ms;
            outcome = rewritten(header, plain, horizon_ms);
        }
    } else if (must_leave_trace(header)) {
        outcome = emptied(header);
    }
    stats_.records_kept += kept_;
    if (outcome) stats_.bytes_kept += outcome->header.size();
    return outcome;
}

BatchFilter::Outcome BatchFilter::rewritten(const BatchHeader& header, Bytes plain,
                                            std::optional<int64_t> horizon_ms) {
    protocol::BatchOptions options;
    options.base_offset = header.base_offset;
    options.partition_leader_epoch = header.partition_leader_epoch;
    options.compression.codec = *protocol::codec_of(header.codec_id());
    options.timestamp_type = header.timestamp_type();
    // The time of appending is the batch's own; otherwise it is that of what is left.
    if (options.timestamp_type == protocol::TimestampType::log_append_time)
        options.max_timestamp_ms = header.max_timestamp;
    options.producer_id = header.producer_id;
    options.producer_epoch = header.producer_epoch;
    options.base_sequence = header.base_sequence;
    options.transactional = header.is_transactional();
    options.control = header.is_control();
    options.base_timestamp_ms = horizon_ms;
    options.delete_horizon = horizon_ms.has_value();
    protocol::RecordBatchBuilder builder(options);
    std::vector<protocol::RecordHeader> record_headers;
    protocol::RecordReader reader(plain, header.record_count);
    RecordView record;
    for (const bool is_kept : keeps_) {
        const auto more = reader.next(record);
        ASSERT(more && *more, "sort_records() has read them");
        if (!is_kept) continue;
        record_headers.clear();
        protocol::RecordHeaders left = record.headers;
        protocol::RecordHeader one;
        while (left.next(one)) record_headers.push_back(one);
        builder.add_at(record.offset_delta, header.record_timestamp(record.timestamp_delta),
                       record.key, record.value, record_headers);
    }
    built_ = builder.build_until(header.last_offset_delta);
    const auto made = BatchHeader::decode(built_);
    ASSERT(made && made->size() == built_.size() && made->base_offset == header.base_offset &&
           made->last_offset() == header.last_offset());
    return {*made, Bytes(built_).subspan(protocol::batch_header_size)};
}

BatchFilter::Outcome BatchFilter::emptied(const BatchHeader& header) const {
    BatchHeader empty = header;
    empty.batch_length = protocol::batch_length_min;
    empty.record_count = 0;
    empty.attributes = static_cast<int16_t>(
        header.attributes & (protocol::attribute_log_append_time |
                             protocol::attribute_transactional | protocol::attribute_control));
    empty.base_timestamp = protocol::timestamp_none;
    empty.crc = empty.compute_crc({});
    return {empty, {}};
}

}  // namespace barnabas::storage
