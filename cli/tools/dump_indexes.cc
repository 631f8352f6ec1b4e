// SPDX-License-Identifier: Apache-2.0
// kafka-dump-log's indexes and producer snapshots, and what does not fit together.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/crc32c.h"
#include "cli/client/failure.h"
#include "cli/tools/dump_file.h"
#include "cli/tools/dump_files.h"
#include "protocol/reader.h"
#include "protocol/records/storage.h"
#include "storage/index.h"

namespace barnabas::cli {

namespace {

using storage::OffsetIndexEntry;
using storage::TimeIndexEntry;

// Entries of a file that is as large as the broker may need: the zeros behind them do not count.
template <class Entry>
std::vector<Entry> entries_of(const DumpFile& file) {
    std::vector<Entry> entries;
    std::array<uint8_t, Entry::disk_size> bytes{};
    for (uint64_t at = 0; at + bytes.size() <= file.size(); at += bytes.size()) {
        file.read(at, bytes);
        const auto entry = Entry::decode(bytes.data(), Offset(file.base()));
        if (at > 0 && entry.offset.value <= file.base()) break;
        entries.push_back(entry);
    }
    return entries;
}

// What a start asks of an index before it trusts it: whole entries, the last beyond the first
// offset.
template <class Entry>
void print_sanity(const DumpFile& file, const std::vector<Entry>& entries) {
    const bool whole = file.size() % Entry::disk_size == 0;
    const bool forward = entries.empty() || entries.back().offset.value >= file.base();
    if (!whole || !forward)
        throw Failure(ErrorCode::kafka_storage_error,
                      fmt::format("Index file {} is corrupt, found {} bytes which is neither "
                                  "positive nor a multiple of {}.",
                                  file.absolute(), file.size(), Entry::disk_size));
    fmt::print("{} passed sanity check.\n", file.path());
}

// Where to look for an offset: the last indexed position at or before it.
uint64_t position_of(const std::vector<OffsetIndexEntry>& index, Offset offset) {
    const auto after = std::ranges::upper_bound(index, offset, {}, &OffsetIndexEntry::offset);
    return after == index.begin() ? 0 : std::prev(after)->position;
}

// The first batch from `position` on that ends at or beyond `offset`.
std::optional<protocol::BatchView> batch_with(const DumpFile& log, uint64_t position, Offset offset,
                                              std::vector<uint8_t>& bytes) {
    while (auto batch = log.batch_at(position, bytes)) {
        if (batch->last_offset() >= offset) return batch;
        position += batch->size();
    }
    return std::nullopt;
}

void check_time_entry(const TimeIndexEntry& entry, int64_t before_ms, const std::string& path,
                      const std::optional<protocol::BatchView>& batch, DumpFindings& findings) {
    const int64_t last = batch ? batch->last_offset().value : -1;
    if (last != entry.offset.value) {
        findings.offsets_not_found[path].push_back({entry.offset.value, last});
        return;
    }
    const int64_t newest = batch->header().max_timestamp;
    if (newest != entry.timestamp_ms)
        findings.timestamp_mismatches[path].push_back({entry.timestamp_ms, newest});
    if (before_ms >= entry.timestamp_ms)
        findings.timestamps_out_of_order[path].push_back({entry.timestamp_ms, before_ms});
}

// Sequences follow 2^31 - 1 with 0.
int32_t sequence_before(int32_t sequence, int32_t delta) {
    return sequence >= delta ? sequence - delta : INT32_MAX - (delta - sequence) + 1;
}

}  // namespace

void dump_offset_index(const std::string& path, const DumpWishes& wishes, DumpFindings& findings) {
    const DumpFile file(path), log(file.sibling(".log"));
    const auto entries = entries_of<OffsetIndexEntry>(file);
    if (entries.empty()) {
        fmt::print("{} is empty.\n", path);
        return;
    }
    if (wishes.index_sanity) return print_sanity(file, entries);
    std::vector<uint8_t> bytes;
    for (const auto& entry : entries) {
        const auto batch = log.batch_at(entry.position, bytes);
        const int64_t last = batch ? batch->last_offset().value : -1;
        if (last != entry.offset.value)
            findings.index_mismatches[file.absolute()].push_back({entry.offset.value, last});
        if (wishes.index_entries)
            fmt::print("offset: {} position: {}\n", entry.offset.value, entry.position);
    }
}

void dump_time_index(const std::string& path, const DumpWishes& wishes, DumpFindings& findings) {
    const DumpFile file(path), log(file.sibling(".log")), offsets(file.sibling(".index"));
    const auto entries = entries_of<TimeIndexEntry>(file);
    if (wishes.index_sanity) return print_sanity(file, entries);
    const auto index = entries_of<OffsetIndexEntry>(offsets);
    std::vector<uint8_t> bytes;
    int64_t before_ms = -1;
    for (const auto& entry : entries) {
        const auto batch = batch_with(log, position_of(index, entry.offset), entry.offset, bytes);
        check_time_entry(entry, before_ms, file.absolute(), batch, findings);
        if (wishes.index_entries)
            fmt::print("timestamp: {} offset: {}\n", entry.timestamp_ms, entry.offset.value);
        before_ms = entry.timestamp_ms;
    }
}

void dump_transaction_index(const std::string& path) {
    constexpr size_t row_size = 34;
    const DumpFile file(path);
    const auto bytes = file.read_everything();
    for (size_t at = 0; at + row_size <= bytes.size(); at += row_size) {
        const uint8_t* row = bytes.data() + at;
        fmt::print(
            "version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}\n",
            load_be<int16_t>(row), load_be<int64_t>(row + 2), load_be<int64_t>(row + 10),
            load_be<int64_t>(row + 18), load_be<int64_t>(row + 26));
    }
}

void dump_producer_snapshot(const std::string& path) {
    constexpr size_t version_size = 2, checked_from = 6;
    const DumpFile file(path);
    const auto bytes = file.read_everything();
    protocol::ProducerSnapshot snapshot;
    protocol::Reader reader(Bytes(bytes).subspan(std::min(version_size, bytes.size())));
    snapshot.decode(reader, 1);
    if (!reader.ok() || snapshot.crc != crc32c(Bytes(bytes).subspan(checked_from))) {
        fmt::print(stderr, "Snapshot is corrupt: {}\n", path);
        return;
    }
    for (const auto& entry : snapshot.producer_entries) {
        const int64_t open = entry.current_txn_first_offset.value;
        fmt::print(
            "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} "
            "lastTimestamp: {}",
            entry.producer_id.value, entry.epoch, entry.coordinator_epoch,
            open < 0 ? "OptionalLong.empty" : fmt::format("OptionalLong[{}]", open),
            entry.timestamp);
        if (entry.last_offset.value >= 0)
            fmt::print(
                " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
                sequence_before(entry.last_sequence, entry.offset_delta), entry.last_sequence,
                entry.last_offset.value, entry.offset_delta, entry.timestamp);
        fmt::print("\n");
    }
}

std::string DumpFindings::text() const {
    std::string text;
    const auto add = [&](const Pairs& pairs, std::string_view title, std::string_view first,
                         std::string_view second) {
        for (const auto& [path, found] : pairs) {
            text += fmt::format("{}{}\n", title,
                                title.ends_with(' ') || title.ends_with(':') ? path : "");
            for (const auto& pair : found)
                text += fmt::format("{}{}{}{}\n", first, pair.first, second, pair.second);
        }
    };
    add(index_mismatches, "Mismatches in :", "  Index offset: ", ", log offset: ");
    add(timestamp_mismatches,
        "Found timestamp mismatch in :", "  Index timestamp: ", ", log timestamp: ");
    add(timestamps_out_of_order, "Found out of order timestamp in :", "  Index timestamp: ",
        ", Previously indexed timestamp: ");
    add(offsets_not_found, "The following indexed offsets are not found in the log.",
        "Indexed offset: ", ", found log offset: ");
    add(gaps, "Non-consecutive offsets in ", "  ", " is followed by ");
    return text;
}

}  // namespace barnabas::cli
