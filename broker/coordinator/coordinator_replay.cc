// SPDX-License-Identifier: Apache-2.0
// CoordinatorReplay: batches to records, and which of them count.
#include "broker/coordinator/coordinator_replay.h"

#include "base/assert.h"
#include "base/log_line.h"
#include "protocol/control_records.h"

namespace barnabas::broker {
namespace {

using protocol::BatchReader;
using protocol::BatchView;
using protocol::RecordReader;
using protocol::RecordView;

// Coordinators write batches of at most max.message.bytes; this bounds what damage can cost.
constexpr size_t decompressed_bytes_max = size_t{256} << 20;

}  // namespace

Result<Offset> CoordinatorReplay::feed(Bytes batches, Offset from) {
    BatchReader reader(batches);
    BatchView batch;
    Offset next = from;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(batch));
        if (!more) break;
        if (!batch.crc_valid()) return fail(ErrorCode::corrupt_message, "CRC of a batch");
        if (batch.next_offset() <= next) return fail(ErrorCode::corrupt_message, "offsets go back");
        TRY(feed_batch(batch, from));
        next = batch.next_offset();
    }
    return next;
}

Result<void> CoordinatorReplay::feed_batch(const BatchView& batch, Offset from) {
    const protocol::BatchHeader& header = batch.header();
    const auto codec = protocol::codec_of(header.codec_id());
    if (!codec) return fail(ErrorCode::corrupt_message, "unknown codec");
    TRY_ASSIGN(const Bytes records,
               decompressor_.decompress(*codec, batch.records(), decompressed_bytes_max));
    RecordReader reader(records, header.record_count);
    RecordView record;
    while (true) {
        const auto more = reader.next(record);
        if (!more) return fail(ErrorCode::corrupt_message, more.error().where);
        if (!*more) return {};
        const Offset offset = header.base_offset + record.offset_delta;
        if (offset < from || !record.key) continue;
        if (header.is_control())
            end_transaction(header.producer_id, record);
        else if (header.is_transactional())
            count(machine_.hold(header.producer_id, *record.key, record.value), offset);
        else
            count(machine_.apply(*record.key, record.value), offset);
    }
}

void CoordinatorReplay::end_transaction(ProducerId producer, const RecordView& marker) {
    const auto type = protocol::control_type(marker);
    if (type != protocol::ControlType::commit && type != protocol::ControlType::abort) return;
    machine_.end_transaction(producer, type == protocol::ControlType::commit);
}

void CoordinatorReplay::count(const Result<void>& applied, Offset offset) {
    if (applied) {
        ++applied_;
        return;
    }
    // What a newer broker wrote, or what another kind of group needs: it stays in the log.
    ++not_understood_;
    log_warn("group", "record at offset {} is left out: {} ({})", offset.value,
             error_name(applied.error().code), applied.error().where);
}

}  // namespace barnabas::broker
