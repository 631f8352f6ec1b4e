// SPDX-License-Identifier: Apache-2.0
// Encodes and decodes .snapshot files: int16 version, uint32 CRC-32C of what follows, rows.
#include "storage/producer_snapshot.h"

#include <algorithm>

#include "base/assert.h"
#include "base/crc32c.h"

namespace barnabas::storage {
namespace {

constexpr int16_t snapshot_version = 1;
constexpr size_t crc_at = 2;
constexpr size_t rows_at = 6;  // where the checksum begins: the int32 count of rows
constexpr size_t header_size = 10;
constexpr size_t row_size = 46;

void encode_row(uint8_t* to, ProducerId id, const ProducerEntry& entry,
                const ProducerBatch& batch) {
    const Offset transaction = entry.transaction_first_offset.value_or(offset_none);
    const bool newest = entry.last() == nullptr || batch == *entry.last();
    store_be(to, id.value);
    store_be(to + 8, entry.epoch);
    store_be(to + 10, batch.last_sequence);
    store_be(to + 14, batch.last_offset.value);
    store_be(to + 22, batch.offset_delta);
    store_be(to + 26, newest ? entry.last_timestamp_ms : batch.timestamp_ms);
    store_be(to + 34, entry.coordinator_epoch);
    store_be(to + 38, transaction.value);
}

struct Row {
    ProducerId id;
    ProducerEntry entry;
};

Row decode_row(const uint8_t* from) {
    Row row;
    row.id = ProducerId{load_be<int64_t>(from)};
    row.entry.epoch = load_be<int16_t>(from + 8);
    row.entry.last_timestamp_ms = load_be<int64_t>(from + 26);
    row.entry.coordinator_epoch = load_be<int32_t>(from + 34);
    const Offset transaction{load_be<int64_t>(from + 38)};
    if (transaction != offset_none) row.entry.transaction_first_offset = transaction;
    const ProducerBatch batch{load_be<int32_t>(from + 10), Offset{load_be<int64_t>(from + 14)},
                              load_be<int32_t>(from + 22), row.entry.last_timestamp_ms};
    // A producer of which only a marker is known has no batch.
    if (batch.last_offset != offset_none) row.entry.add(batch);
    return row;
}

bool plausible(const Row& row, Offset at) {
    if (row.id.value < 0) return false;
    const auto& transaction = row.entry.transaction_first_offset;
    if (transaction && (transaction->value < 0 || *transaction >= at)) return false;
    const ProducerBatch* batch = row.entry.last();
    if (batch == nullptr) return true;
    return batch->last_offset.value >= 0 && batch->last_offset < at && batch->offset_delta >= 0 &&
           batch->offset_delta <= batch->last_offset.value && batch->last_sequence >= sequence_none;
}

}  // namespace

std::vector<uint8_t> encode_producer_snapshot(const ProducerState& state) {
    // In order of ids, so that equal states give equal files.
    std::vector<ProducerId> ids;
    for (const auto& [id, entry] : state.entries()) ids.push_back(id);
    std::ranges::sort(ids);
    std::vector<uint8_t> content(header_size);
    int32_t rows = 0;
    const auto add_row = [&](ProducerId id, const ProducerEntry& entry,
                             const ProducerBatch& batch) {
        content.resize(content.size() + row_size);
        encode_row(content.data() + content.size() - row_size, id, entry, batch);
        ++rows;
    };
    for (const ProducerId id : ids) {
        const ProducerEntry& entry = state.entries().at(id);
        for (size_t i = 0; i < entry.batch_count; ++i) add_row(id, entry, entry.batches[i]);
        if (entry.batch_count == 0) add_row(id, entry, ProducerBatch{});
    }
    ASSERT(content.size() == header_size + static_cast<size_t>(rows) * row_size);
    store_be(content.data(), snapshot_version);
    store_be(content.data() + rows_at, rows);
    store_be(content.data() + crc_at, crc32c(Bytes{content}.subspan(rows_at)));
    return content;
}

Result<void> decode_producer_snapshot(Bytes content, Offset at, int64_t now_ms,
                                      ProducerState& state) {
    const auto damaged = fail(ErrorCode::kafka_storage_error, "producer snapshot");
    if (content.size() < header_size) return damaged;
    if (load_be<int16_t>(content.data()) != snapshot_version) return damaged;
    if (load_be<uint32_t>(content.data() + crc_at) != crc32c(content.subspan(rows_at)))
        return damaged;
    const int64_t count = load_be<int32_t>(content.data() + rows_at);
    const size_t rows_size = content.size() - header_size;
    if (count < 0 || rows_size % row_size != 0 ||
        static_cast<uint64_t>(count) != rows_size / row_size)
        return damaged;
    std::vector<Row> rows;
    for (size_t i = 0; i < rows_size; i += row_size) {
        rows.push_back(decode_row(content.data() + header_size + i));
        if (!plausible(rows.back(), at)) return damaged;
    }
    for (const Row& row : rows) state.restore(row.id, row.entry, now_ms);
    return {};
}

}  // namespace barnabas::storage
