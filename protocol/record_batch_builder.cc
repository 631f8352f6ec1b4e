// SPDX-License-Identifier: Apache-2.0
// Builds batches that the broker itself writes: metadata, groups, markers, recompressed records.
#include "protocol/record_batch_builder.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/varint.h"

namespace barnabas::protocol {

namespace {

size_t nullable_size(std::optional<Bytes> bytes) {
    if (!bytes) return varint_size(int32_t{-1});
    ASSERT(bytes->size() <= INT32_MAX);
    return varint_size(static_cast<int32_t>(bytes->size())) + bytes->size();
}

void write_nullable(std::vector<uint8_t>& to, std::optional<Bytes> bytes) {
    write_varint(to, bytes ? static_cast<int32_t>(bytes->size()) : int32_t{-1});
    if (bytes) to.insert(to.end(), bytes->begin(), bytes->end());
}

// Attributes byte, key, value, headers: all of a record but its length and deltas.
size_t content_size(std::optional<Bytes> key, std::optional<Bytes> value,
                    std::span<const RecordHeader> headers) {
    size_t size = 1 + nullable_size(key) + nullable_size(value) +
                  varint_size(static_cast<int32_t>(headers.size()));
    for (const RecordHeader& header : headers)
        size += nullable_size(header.key) + nullable_size(header.value);
    return size;
}

int64_t wrapping_difference(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace

RecordBatchBuilder::RecordBatchBuilder(BatchOptions options)
    : options_(options), bytes_(batch_header_size) {
    ASSERT(!options.control || options.compression.codec == Codec::none,
           "control batches are not compressed");
    ASSERT(options.timestamp_type == TimestampType::create_time || options.max_timestamp_ms,
           "the time of appending is stored there");
    ASSERT(!options.delete_horizon || options.base_timestamp_ms, "the horizon is stored there");
}

void RecordBatchBuilder::add(int64_t timestamp_ms, std::optional<Bytes> key,
                             std::optional<Bytes> value, std::span<const RecordHeader> headers) {
    add_at(last_offset_delta_ + 1, timestamp_ms, key, value, headers);
}

void RecordBatchBuilder::add_at(int32_t offset_delta, int64_t timestamp_ms,
                                std::optional<Bytes> key, std::optional<Bytes> value,
                                std::span<const RecordHeader> headers) {
    ASSERT(offset_delta > last_offset_delta_, "records are added in the order of their offsets");
    if (empty()) base_timestamp_ = options_.base_timestamp_ms.value_or(timestamp_ms);
    const int64_t timestamp_delta = wrapping_difference(timestamp_ms, base_timestamp_);
    const size_t size = content_size(key, value, headers) + varint_size(timestamp_delta) +
                        varint_size(offset_delta);
    ASSERT(bytes_.size() + size <= INT32_MAX, "a batch is smaller than 2 GiB");
    write_varint(bytes_, static_cast<int32_t>(size));
    const size_t begin = bytes_.size();
    bytes_.push_back(0);
    write_varint(bytes_, timestamp_delta);
    write_varint(bytes_, offset_delta);
    write_nullable(bytes_, key);
    write_nullable(bytes_, value);
    write_varint(bytes_, static_cast<int32_t>(headers.size()));
    for (const RecordHeader& header : headers) {
        write_nullable(bytes_, header.key);
        write_nullable(bytes_, header.value);
    }
    ASSERT(bytes_.size() - begin == size, "the length in front of the record is right");
    max_timestamp_ = empty() ? timestamp_ms : std::max(max_timestamp_, timestamp_ms);
    last_offset_delta_ = offset_delta;
    ++count_;
}

size_t RecordBatchBuilder::size_bound(std::optional<Bytes> key, std::optional<Bytes> value,
                                      std::span<const RecordHeader> headers) {
    constexpr size_t length_and_deltas_max =
        2 * varint_size_max<uint32_t> + varint_size_max<uint64_t>;
    return length_and_deltas_max + content_size(key, value, headers);
}

std::vector<uint8_t> RecordBatchBuilder::build() {
    ASSERT(!empty(), "a batch without records is made by compaction only");
    return build_until(last_offset_delta_);
}

std::vector<uint8_t> RecordBatchBuilder::build_until(int32_t last_offset_delta) {
    ASSERT(last_offset_delta >= std::max(last_offset_delta_, 0), "the end lies behind the records");
    std::vector<uint8_t> batch = std::exchange(bytes_, std::vector<uint8_t>(batch_header_size));
    if (options_.compression.codec != Codec::none) {
        const auto stored = compress(options_.compression, Bytes(batch).subspan(batch_header_size));
        batch.resize(batch_header_size);
        batch.insert(batch.end(), stored.begin(), stored.end());
    }
    ASSERT(batch.size() <= INT32_MAX);
    const bool by_log = options_.timestamp_type == TimestampType::log_append_time;
    BatchHeader header;
    header.base_offset = options_.base_offset;
    header.batch_length = static_cast<int32_t>(batch.size() - entry_overhead);
    header.partition_leader_epoch = options_.partition_leader_epoch;
    header.attributes = static_cast<int16_t>(
        static_cast<int>(options_.compression.codec) | (by_log ? attribute_log_append_time : 0) |
        (options_.transactional ? attribute_transactional : 0) |
        (options_.control ? attribute_control : 0) |
        (options_.delete_horizon ? attribute_delete_horizon : 0));
    header.last_offset_delta = last_offset_delta;
    header.base_timestamp =
        empty() ? options_.base_timestamp_ms.value_or(timestamp_none) : base_timestamp_;
    header.max_timestamp = options_.max_timestamp_ms.value_or(max_timestamp_);
    header.producer_id = options_.producer_id;
    header.producer_epoch = options_.producer_epoch;
    header.base_sequence = options_.base_sequence;
    header.record_count = count_;
    header.crc = header.compute_crc(Bytes(batch).subspan(batch_header_size));
    header.encode(std::span<uint8_t, batch_header_size>(batch.data(), batch_header_size));

    options_.base_offset = header.next_offset();
    if (options_.base_sequence >= 0)
        options_.base_sequence = sequence_after(header.last_sequence(), 1);
    count_ = 0;
    last_offset_delta_ = -1;
    base_timestamp_ = max_timestamp_ = timestamp_none;
    return batch;
}

}  // namespace barnabas::protocol
