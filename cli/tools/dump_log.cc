// SPDX-License-Identifier: Apache-2.0
// kafka-dump-log: what is in the files of a partition: segments, offset and time indexes. Reads
// only; talks to no broker.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/asio/posix_disk.h"
#include "cli/tools/all.h"
#include "protocol/compression.h"
#include "protocol/control_records.h"
#include "protocol/record_batch.h"
#include "storage/index.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    {"files", Takes::value, "file,file", "REQUIRED: .log, .index and .timeindex files"},
    {"print-data-log", Takes::nothing, "", "Keys and values too"},
    {"deep-iteration", Takes::nothing, "", "Each record, not only each batch"},
    {"skip-record-metadata", Takes::nothing, "", "With --print-data-log: keys and values only"},
    {"max-bytes", Takes::value, "bytes", "Ends after so many bytes of a segment"},
};

constexpr size_t batch_bytes_max = size_t{1} << 30;

struct Wishes {
    bool deep = false, contents = false, metadata = true;
    uint64_t bytes_max = UINT64_MAX;
};

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
    throw Failure(ErrorCode::kafka_storage_error, fmt::format("{}: {}", path, why));
}

// What is at `position`, all of `into`.
void read_all(const File& file, const std::string& path, uint64_t position, MutableBytes into) {
    const auto got = file.read_at(position, into);
    if (!got) refuse(path, std::strerror(got.error().os_error));
    if (*got < into.size()) refuse(path, fmt::format("ends in the middle at {}", position));
}

std::string control_text(const protocol::RecordView& record) {
    const auto type = protocol::control_type(record);
    if (!type) return " damaged control record";
    if (*type == protocol::ControlType::abort || *type == protocol::ControlType::commit) {
        const auto marker = protocol::decode_end_transaction_marker(record);
        return fmt::format(" endTxnMarker: {} coordinatorEpoch: {}",
                           protocol::control_type_name(*type),
                           marker ? marker->coordinator_epoch : -1);
    }
    return fmt::format(" {}", protocol::control_type_name(*type));
}

std::string size_text(const std::optional<Bytes>& bytes) {
    return bytes ? std::to_string(bytes->size()) : "-1";
}

void print_record(const protocol::BatchHeader& batch, protocol::RecordView& record,
                  const Wishes& wishes) {
    std::vector<std::string> keys;
    protocol::RecordHeader header;
    while (record.headers.next(header)) keys.emplace_back(as_text(header.key));
    std::string text = "|";
    if (wishes.metadata)
        text += fmt::format(
            " offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
            batch.base_offset.value + record.offset_delta,
            batch.timestamp_type() == protocol::TimestampType::log_append_time ? "LogAppendTime"
                                                                               : "CreateTime",
            batch.record_timestamp(record.timestamp_delta), size_text(record.key),
            size_text(record.value),
            batch.base_sequence < 0
                ? -1
                : protocol::sequence_after(batch.base_sequence, record.offset_delta),
            fmt::join(keys, ","));
    if (batch.is_control()) {
        text += control_text(record);
    } else if (wishes.contents) {
        if (record.key) text += fmt::format(" key: {}", as_text(*record.key));
        if (record.value) text += fmt::format(" payload: {}", as_text(*record.value));
    }
    fmt::print("{}\n", text);
}

void print_records(const std::string& path, const protocol::BatchView& batch,
                   const Wishes& wishes) {
    const auto codec = protocol::codec_of(batch.header().codec_id());
    if (!codec) refuse(path, "a batch has an unknown codec");
    const auto bytes = protocol::decompress(*codec, batch.records(), batch_bytes_max);
    if (!bytes) refuse(path, bytes.error().where);
    protocol::RecordReader reader(*bytes, batch.header().record_count);
    protocol::RecordView record;
    auto more = reader.next(record);
    for (; more && *more; more = reader.next(record)) print_record(batch.header(), record, wishes);
    if (!more) refuse(path, more.error().where);
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
        position,
        header.timestamp_type() == protocol::TimestampType::log_append_time ? "LogAppendTime"
                                                                            : "CreateTime",
        header.max_timestamp, header.size(), header.magic,
        codec ? protocol::codec_name(*codec) : "unknown", header.crc, batch.crc_valid());
}

// Says where a segment stops making sense; what comes before it has been printed.
void dump_segment(const File& file, const std::string& path, int64_t base, const Wishes& wishes) {
    fmt::print("Log starting offset: {}\n", base);
    const auto size = file.size();
    if (!size) refuse(path, std::strerror(size.error().os_error));
    const uint64_t end = std::min(*size, wishes.bytes_max);
    std::vector<uint8_t> bytes;
    for (uint64_t at = 0; at < end;) {
        const auto left = static_cast<size_t>(*size - at);
        std::array<uint8_t, protocol::batch_header_size> first{};
        std::optional<protocol::BatchHeader> header;
        if (left >= first.size()) {
            read_all(file, path, at, first);
            if (const auto decoded = protocol::BatchHeader::decode(first)) header = *decoded;
        }
        if (!header || header->size() > left) {
            fmt::print("Found {} invalid bytes at the end of {}\n", left,
                       std::filesystem::path(path).filename().string());
            return;
        }
        bytes.resize(static_cast<size_t>(header->size()));
        read_all(file, path, at, bytes);
        const auto batch = protocol::BatchView::parse(bytes);
        if (!batch) refuse(path, batch.error().where);
        print_batch(*batch, at);
        if (wishes.deep) print_records(path, *batch, wishes);
        at += header->size();
    }
}

template <class Entry, class Print>
void dump_index(const File& file, const std::string& path, int64_t base, const Print& print) {
    const auto size = file.size();
    if (!size) refuse(path, std::strerror(size.error().os_error));
    const bool says_empty = std::is_same_v<Entry, storage::OffsetIndexEntry>;
    if (says_empty && *size == 0) fmt::print("{} is empty.\n", path);
    std::array<uint8_t, Entry::disk_size> bytes{};
    for (uint64_t at = 0; at + bytes.size() <= *size; at += bytes.size()) {
        read_all(file, path, at, bytes);
        const auto entry = Entry::decode(bytes.data(), Offset(base));
        // Kafka makes the file of an index larger than what is in it.
        if (at > 0 && entry.offset.value <= base) return;
        print(entry);
    }
}

void dump(const std::string& path, const Wishes& wishes) {
    fmt::print("Dumping {}\n", path);
    const std::filesystem::path name(path);
    const auto stem = name.stem().string();
    int64_t base = 0;
    const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), base);
    if (parsed.ec != std::errc() || stem.size() < 20)
        refuse(path, "the name of a segment's file begins with 20 digits, its first offset");
    PosixDisk disk;
    const auto file = disk.open(path, OpenMode::read);
    if (!file) refuse(path, std::strerror(file.error().os_error));
    const auto kind = name.extension();
    if (kind == ".log")
        dump_segment(**file, path, base, wishes);
    else if (kind == ".index")
        dump_index<storage::OffsetIndexEntry>(**file, path, base, [](const auto& entry) {
            fmt::print("offset: {} position: {}\n", entry.offset.value, entry.position);
        });
    else if (kind == ".timeindex")
        dump_index<storage::TimeIndexEntry>(**file, path, base, [](const auto& entry) {
            fmt::print("timestamp: {} offset: {}\n", entry.timestamp_ms, entry.offset.value);
        });
    else
        refuse(path, "only .log, .index and .timeindex files can be dumped");
}

int run(const Options& options) {
    const auto files = options.list("files");
    if (files.empty()) throw UsageFailure("Missing required argument \"[files]\"");
    Wishes wishes;
    wishes.contents = options.has("print-data-log");
    wishes.deep = wishes.contents || options.has("deep-iteration");
    wishes.metadata = !options.has("skip-record-metadata");
    if (const auto bytes = options.number("max-bytes"))
        wishes.bytes_max = static_cast<uint64_t>(*bytes);
    for (const auto& path : files) dump(path, wishes);
    return 0;
}

}  // namespace

const Tool& dump_log_tool() {
    static constexpr Tool tool{"dump-log", "kafka-dump-log", "what is in segments and indexes",
                               specs, run};
    return tool;
}

}  // namespace barnabas::cli
