// SPDX-License-Identifier: Apache-2.0
// kafka-dump-log's segments and metadata snapshots: batches and records.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "base/whole_number.h"
#include "cli/client/failure.h"
#include "cli/tools/dump_file.h"
#include "cli/tools/dump_files.h"
#include "protocol/compression.h"

namespace barnabas::cli {

namespace {

constexpr size_t batch_bytes_max = size_t{1} << 30;

std::string_view time_name(const protocol::BatchHeader& header) {
    return header.timestamp_type() == protocol::TimestampType::log_append_time ? "LogAppendTime"
                                                                               : "CreateTime";
}

std::string size_text(const std::optional<Bytes>& bytes) {
    return bytes ? std::to_string(bytes->size()) : "-1";
}

std::string metadata_text(const protocol::BatchHeader& batch, protocol::RecordView& record) {
    std::vector<std::string> keys;
    protocol::RecordHeader header;
    while (record.headers.next(header)) keys.emplace_back(as_text(header.key));
    const int32_t sequence =
        batch.base_sequence < 0
            ? -1
            : protocol::sequence_after(batch.base_sequence, record.offset_delta);
    std::string text =
        fmt::format("| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
                    batch.base_offset.value + record.offset_delta, time_name(batch),
                    batch.record_timestamp(record.timestamp_delta), size_text(record.key),
                    size_text(record.value), sequence, fmt::join(keys, ","));
    return batch.is_control() ? text + control_text(record) : text;
}

void print_record(const protocol::BatchHeader& batch, protocol::RecordView& record,
                  const DumpWishes& wishes) {
    std::string text = wishes.metadata ? metadata_text(batch, record) : "";
    if (wishes.contents && !batch.is_control()) {
        const Offset offset(batch.base_offset.value + record.offset_delta);
        const RecordContents contents = decode_record(wishes.form, record, offset);
        std::string_view before = wishes.metadata ? " " : "| ";
        if (contents.key) {
            text += fmt::format("{}key: {}", before, *contents.key);
            before = " ";
        }
        if (contents.value) text += fmt::format("{}payload: {}", before, *contents.value);
    }
    fmt::print("{}\n", text);
}

void print_records(const DumpFile& file, const protocol::BatchView& batch, const DumpWishes& wishes,
                   DumpFindings& findings, int64_t& last) {
    const auto codec = protocol::codec_of(batch.header().codec_id());
    if (!codec) file.refuse("a batch has an unknown codec");
    const auto bytes = protocol::decompress(*codec, batch.records(), batch_bytes_max);
    if (!bytes) file.refuse(bytes.error().where);
    protocol::RecordReader reader(*bytes, batch.header().record_count);
    protocol::RecordView record;
    auto more = reader.next(record);
    for (; more && *more; more = reader.next(record)) {
        const int64_t offset = batch.base_offset().value + record.offset_delta;
        if (offset != last + 1) findings.gaps[file.absolute()].push_back({last, offset});
        last = offset;
        print_record(batch.header(), record, wishes);
    }
    if (!more) file.refuse(more.error().where);
}

void print_batch(const protocol::BatchView& batch, uint64_t position) {
    const auto& header = batch.header();
    const bool horizon = header.has_delete_horizon();
    const auto codec = protocol::codec_of(header.codec_id());
    fmt::print(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} "
        "producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} isControl: {} "
        "deleteHorizonMs: {} position: {} {}: {} size: {} magic: {} compresscodec: {} crc: {} "
        "isvalid: {}\n",
        header.base_offset.value, header.last_offset().value, header.record_count,
        header.base_sequence, header.last_sequence(), header.producer_id.value,
        header.producer_epoch, header.partition_leader_epoch.value, header.is_transactional(),
        header.is_control(),
        horizon ? fmt::format("OptionalLong[{}]", header.base_timestamp) : "OptionalLong.empty",
        position, time_name(header), header.max_timestamp, header.size(), header.magic,
        codec ? protocol::codec_name(*codec) : "unknown", header.crc, batch.crc_valid());
}

// "00000000000000000123-0000000001.checkpoint" and "bootstrap.checkpoint".
void print_snapshot_name(const DumpFile& file) {
    const auto stem = std::filesystem::path(file.path()).stem().string();
    if (stem == "bootstrap") {
        fmt::print("KRaft bootstrap snapshot\n");
        return;
    }
    const auto dash = std::min(stem.find('-'), stem.size());
    const std::string_view text(stem);
    const auto offset = whole_number<int64_t>(text.substr(0, dash));
    const auto epoch = whole_number<int32_t>(text.substr(std::min(dash + 1, text.size())));
    if (!offset || !epoch) file.refuse("a snapshot's name has an offset and an epoch");
    fmt::print("Snapshot end offset: {}, epoch: {}\n", *offset, *epoch);
}

}  // namespace

// Says where a file stops making sense; what comes before it has been printed.
void dump_log(const std::string& path, const DumpWishes& wishes, DumpFindings& findings) {
    const bool snapshot = path.ends_with(".checkpoint");
    const DumpFile file(path, !snapshot);
    if (snapshot)
        print_snapshot_name(file);
    else
        fmt::print("Log starting offset: {}\n", file.base());
    const uint64_t end = std::min(file.size(), wishes.bytes_max);
    std::vector<uint8_t> bytes;
    int64_t last = -1;
    for (uint64_t at = 0; at < end;) {
        const auto batch = file.batch_at(at, bytes);
        if (!batch) {
            if (wishes.bytes_max >= file.size())
                fmt::print("Found {} invalid bytes at the end of {}\n", file.size() - at,
                           std::filesystem::path(path).filename().string());
            return;
        }
        if (batch->size() > end - at) return;
        print_batch(*batch, at);
        if (wishes.deep) print_records(file, *batch, wishes, findings, last);
        at += batch->size();
    }
}

}  // namespace barnabas::cli
