// SPDX-License-Identifier: Apache-2.0
// Checking one partition: batches first, then everything that is derived from them.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/assert.h"
#include "storage/batch_walker.h"
#include "storage/directory_check.h"
#include "storage/file_names.h"
#include "storage/index.h"
#include "storage/leader_epochs.h"
#include "storage/partition_metadata.h"
#include "storage/producer_snapshot.h"
#include "storage/producer_state.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t small_file_bytes_max = 64 << 20;
constexpr uint64_t index_bytes_max = uint64_t{1} << 30;
constexpr std::string_view snapshot_suffix = ".checkpoint";  // of the metadata log

class PartitionCheck {
  public:
    PartitionCheck(Disk& disk, const PartitionCheckOptions& options,
                   std::vector<CheckedFile>& files)
        : disk_(disk), options_(options), files_(files) {}

    Result<Offset> run() {
        TRY_ASSIGN(const auto entries, disk_.list(options_.directory));
        for (const DirectoryEntry& entry : entries) {
            if (const auto parsed = parse_file_name(entry.name))
                sort(entry.name, *parsed);
            else
                check_other(entry.name);
        }
        for (auto at = logs_.begin(); at != logs_.end(); ++at) {
            const auto next = std::next(at);
            check_segment(*at, next == logs_.end() ? std::nullopt : std::optional(*next));
        }
        for (const auto& [name, parsed] : derived_) check_derived(name, parsed);
        check_end();
        check_start();
        return end_;
    }

  private:
    std::string path(const std::string& name) const { return options_.directory + "/" + name; }

    CheckedFile& add(const std::string& name, const char* kind) {
        files_.push_back({.partition = options_.name, .file = name, .kind = kind});
        return files_.back();
    }

    void sort(const std::string& name, const SegmentFileName& parsed) {
        if (parsed.stage == FileStage::swap)
            add(name, "replacement").note = "an unfinished compaction, which the next start ends";
        if (parsed.stage != FileStage::live) return;
        if (parsed.kind == FileKind::log)
            logs_.push_back(parsed.base_offset);
        else
            derived_.emplace_back(name, parsed);
        std::ranges::sort(logs_);
    }

    // A small file whose content `parse` understands.
    template <class Parse>
    void check_text(const std::string& name, const char* kind, const Parse& parse) {
        CheckedFile& file = add(name, kind);
        const auto content = disk_.read_file(path(name), small_file_bytes_max);
        if (!content) {
            file.damage = "cannot be read";
            return;
        }
        file.bytes = content->size();
        parse(Bytes(*content), file);
    }

    void check_other(const std::string& name) {
        if (name == epoch_checkpoint_name) {
            check_text(name, "epochs", [this](Bytes content, CheckedFile& file) {
                auto parsed = parse_epochs(as_text(content));
                if (!parsed) {
                    file.damage = "not a whole checkpoint of leader epochs";
                    return;
                }
                epochs_ = std::move(*parsed);
                file.entries = epochs_.size();
            });
        } else if (name == "partition.metadata") {
            check_text(name, "topic id", [](Bytes content, CheckedFile& file) {
                if (!parse_partition_metadata(as_text(content))) file.damage = "not a topic id";
            });
        } else if (name.ends_with(snapshot_suffix)) {
            CheckedFile& file = add(name, "metadata snapshot");
            SegmentBatches batches;
            walk(name, file, batches, std::nullopt);
        }
    }

    // Every batch of the file; what is wrong with it goes into `file`.
    void walk(const std::string& name, CheckedFile& file, SegmentBatches& batches,
              std::optional<Offset> next_base) {
        const auto opened = disk_.open(path(name), OpenMode::read);
        const auto size = opened ? (*opened)->size() : Result<uint64_t>(0);
        if (!opened || !size) {
            file.damage = "cannot be read";
            return;
        }
        file.bytes = batches.size = *size;
        BatchWalker walker(**opened, 0, *size);
        Offset expected = batches.base;
        LeaderEpoch epoch = leader_epoch_none;
        uint64_t reported = 0;
        int64_t newest_ms = -1;
        while (file.damage.empty()) {
            const auto batch = walker.next();
            if (batch && !*batch) break;
            if (!batch) {
                judge_end(file, batches, **opened, walker.position(), next_base.has_value());
                break;
            }
            const protocol::BatchHeader& header = (*batch)->header;
            const bool fits = header.base_offset >= expected &&
                              (!next_base || header.last_offset() < *next_base) &&
                              header.partition_leader_epoch >= epoch;
            if (!fits)
                file.damage = describe("offset or epoch does not fit its neighbours",
                                       (*batch)->position, header.base_offset);
            check_epoch(header, file, (*batch)->position);
            newest_ms = std::max(newest_ms, header.max_timestamp);
            batches.places.push_back(
                {(*batch)->position, header.base_offset, header.last_offset(), newest_ms});
            expected = header.next_offset();
            epoch = header.partition_leader_epoch;
            ++file.entries;
            file.records += static_cast<uint64_t>(header.record_count);
            if (walker.bytes_read() == reported) continue;
            options_.on_read(walker.bytes_read() - reported);
            reported = walker.bytes_read();
        }
    }

    static std::string describe(std::string_view what, uint64_t position, Offset offset) {
        return fmt::format("byte {} (offset {}): {}", position, offset.value, what);
    }

    void check_epoch(const protocol::BatchHeader& header, CheckedFile& file, uint64_t position) {
        if (!file.kind || std::string_view(file.kind) != "segment" || !file.damage.empty()) return;
        const LeaderEpoch noted = epoch_of_offset(epochs_, header.base_offset);
        if (noted == leader_epoch_none || noted == header.partition_leader_epoch) return;
        // Beyond the last checkpoint after a crash they may differ.
        file.damage = describe(fmt::format("leader epoch {}, the checkpoint says {}",
                                           header.partition_leader_epoch.value, noted.value),
                               position, header.base_offset);
    }

    // Bytes that are no batch: at the end of what was being written, or not.
    void judge_end(CheckedFile& file, const SegmentBatches& batches, const File& opened,
                   uint64_t position, bool is_sealed) {
        const Offset at =
            batches.places.empty() ? batches.base : batches.places.back().last_offset + 1;
        const std::string where = describe("no valid batch", position, at);
        const DamagedPlace place{position, batches.size, at, leader_epoch_none};
        const auto behind = find_batch_behind(opened, place);
        const bool torn = !options_.clean_shutdown && !is_sealed && behind && !*behind &&
                          at >= options_.checkpointed.recovery_point;
        (torn ? file.note : file.damage) =
            where + (torn ? ": a torn end, which the next start cuts" : "");
    }

    void check_segment(Offset base, std::optional<Offset> next_base) {
        const std::string name = file_name(base, FileKind::log);
        CheckedFile& file = add(name, "segment");
        SegmentBatches& batches = segments_[base];
        batches.base = base;
        walk(name, file, batches, next_base);
        end_ = std::max(end_, base);
        if (!batches.places.empty()) end_ = batches.places.back().last_offset + 1;
        options_.on_read(0);
    }

    void check_derived(const std::string& name, const SegmentFileName& parsed) {
        if (parsed.kind == FileKind::producer_snapshot) {
            check_text(name, "producers", [&](Bytes content, CheckedFile& file) {
                ProducerState state;
                const auto decoded =
                    decode_producer_snapshot(content, parsed.base_offset, 0, state);
                if (!decoded) file.damage = decoded.error().where;
            });
            return;
        }
        const auto segment = segments_.find(parsed.base_offset);
        if (segment == segments_.end()) {
            add(name, "index").note = "belongs to no segment; the next start removes it";
            return;
        }
        if (parsed.kind == FileKind::txn_index) {
            check_transactions(name, parsed.base_offset);
            return;
        }
        const bool is_time = parsed.kind == FileKind::time_index;
        CheckedFile& file = add(name, is_time ? "time index" : "offset index");
        const auto content = disk_.read_file(path(name), index_bytes_max);
        if (!content) {
            file.damage = "cannot be read";
            return;
        }
        file.bytes = content->size();
        if (is_time)
            check_entries<TimeIndexEntry>(*content, segment->second, file);
        else
            check_entries<OffsetIndexEntry>(*content, segment->second, file);
    }

    template <class Entry>
    void check_entries(Bytes content, const SegmentBatches& batches, CheckedFile& file) {
        std::optional<Entry> before;
        const size_t whole = content.size() / Entry::disk_size * Entry::disk_size;
        for (size_t at = 0; at < whole; at += Entry::disk_size) {
            const Bytes raw = content.subspan(at, Entry::disk_size);
            const auto is_zero = [](uint8_t byte) { return byte == 0; };
            // What Kafka preallocates, and cuts when it stops.
            if (std::ranges::all_of(content.subspan(at), is_zero) &&
                (before || whole > raw.size())) {
                if (options_.clean_shutdown)
                    file.damage = fmt::format("zeros from entry {} on", file.entries);
                else
                    file.note = "preallocated, not cut at a stop";
                return;
            }
            const Entry entry = Entry::decode(raw.data(), batches.base);
            const bool rises = !before || entry.offset >= before->offset;
            if (!rises || !fits(entry, batches)) {
                file.damage = fmt::format("entry {} does not fit the segment", file.entries);
                return;
            }
            before = entry;
            ++file.entries;
        }
        if (whole != content.size()) file.damage = "ends in the middle of an entry";
    }

    // A batch begins at the position, and the offset is not before it.
    static bool fits(const OffsetIndexEntry& entry, const SegmentBatches& batches) {
        const auto found = std::ranges::lower_bound(batches.places, entry.position, {},
                                                    &SegmentBatches::Place::position);
        return found != batches.places.end() && found->position == entry.position &&
               found->base_offset <= entry.offset &&
               entry.offset <= batches.places.back().last_offset;
    }

    // No batch up to the offset is newer; one is as new.
    static bool fits(const TimeIndexEntry& entry, const SegmentBatches& batches) {
        const auto after = std::ranges::upper_bound(batches.places, entry.offset, {},
                                                    &SegmentBatches::Place::base_offset);
        const int64_t newest = after == batches.places.begin() ? -1 : std::prev(after)->newest_ms;
        // Kafka closes an empty or timeless segment with an entry that says so.
        return newest == entry.timestamp_ms || entry.timestamp_ms == -1;
    }

    void check_transactions(const std::string& name, Offset base) {
        constexpr size_t row_size = 34;
        CheckedFile& file = add(name, "aborted");
        const auto rows = read_transaction_index(disk_, path(name), base,
                                                 Offset{std::numeric_limits<int64_t>::max()});
        const auto content = disk_.read_file(path(name), small_file_bytes_max);
        if (!rows || !content) {
            file.damage = "cannot be read";
            return;
        }
        file.bytes = content->size();
        file.entries = rows->size();
        if (rows->size() * row_size != content->size())
            file.damage = fmt::format("row {} makes no sense", rows->size());
    }

    void check_end() {
        if (logs_.empty()) return;
        const std::string name = file_name(logs_.back(), FileKind::log);
        const Offset synced = options_.checkpointed.recovery_point;
        if (synced > end_)
            add(name, "end").damage = fmt::format(
                "the log ends at offset {}, but was synced up to {}", end_.value, synced.value);
        // A clean stop syncs everything and says so.
        if (options_.clean_shutdown && synced > Offset{0} && synced < end_)
            add(name, "end").damage = fmt::format("the log ends at offset {}, but was closed at {}",
                                                  end_.value, synced.value);
        const Offset watermark = options_.checkpointed.high_watermark.value_or(Offset{0});
        if (watermark <= end_) return;
        const std::string what = fmt::format(
            "the log ends at offset {}, below the high watermark {}", end_.value, watermark.value);
        CheckedFile& file = add(name, "end");
        (options_.clean_shutdown ? file.damage : file.note) = what;
    }

    // The first leader epoch begins where the log does, or after it if a crash came in between.
    void check_start() {
        const Offset start = options_.checkpointed.log_start_offset;
        if (epochs_.empty() || start > end_ || epochs_.front().start_offset >= start) return;
        files_.push_back(
            {.partition = options_.name, .file = log_start_checkpoint, .kind = "start"});
        files_.back().damage = fmt::format(
            "starts at offset {}, but its leader epochs begin at {}; the next start "
            "shows records from there on",
            start.value, epochs_.front().start_offset.value);
    }

    Disk& disk_;
    const PartitionCheckOptions& options_;
    std::vector<CheckedFile>& files_;
    std::vector<Offset> logs_;
    std::vector<std::pair<std::string, SegmentFileName>> derived_;
    std::map<Offset, SegmentBatches> segments_;
    EpochEntries epochs_;
    Offset end_;
};

}  // namespace

Result<Offset> check_partition(Disk& disk, const PartitionCheckOptions& options,
                               std::vector<CheckedFile>& files) {
    ASSERT(options.on_read != nullptr);
    return PartitionCheck(disk, options, files).run();
}

}  // namespace barnabas::storage
