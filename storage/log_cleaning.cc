// SPDX-License-Identifier: Apache-2.0
// The two passes of a round of compaction; see the header.
#include "storage/log_cleaning.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "storage/file_names.h"
#include "storage/log_files.h"

namespace barnabas::storage {
namespace {

// A sync of much at once would keep its lane, and other writers' journal, for long.
constexpr uint64_t sync_interval_bytes = 32 << 20;
constexpr int64_t segment_reach = std::numeric_limits<int32_t>::max();

LogConfig output_config(const LogConfig& config) {
    LogConfig made = config;
    made.preallocate = false;  // nobody knows how small it gets
    return made;
}

AbortedTransactions rows_in(const AbortedTransactions& rows, Offset from, Offset to) {
    AbortedTransactions found;
    for (const AbortedTransaction& row : rows)
        if (row.last_offset >= from && row.last_offset < to) found.push_back(row);
    return found;
}

}  // namespace

LogCleaning::LogCleaning(Disk& disk, CleaningInput input)
    : disk_(disk), in_(std::move(input)), output_config_(output_config(in_.config)) {
    for (const SegmentExtent& extent : *in_.log->sealed)
        if (extent.segment->base_offset() < in_.clean_until) segments_.push_back(extent);
    ASSERT(in_.dirty_from <= in_.clean_until);
    map_end_ = in_.dirty_from;
    while (at_ < segments_.size() && end_of(at_) <= in_.dirty_from) ++at_;
    const auto offsets = static_cast<uint64_t>(in_.clean_until - in_.dirty_from);
    map_.emplace(in_.map_bytes, in_.map_load_factor, offsets, in_.secret);
    transactions_.emplace(in_.log->aborted_between(in_.dirty_from, in_.clean_until));
}

Offset LogCleaning::end_of(size_t segment) const {
    ASSERT(segment < segments_.size());
    if (segment + 1 < segments_.size()) return segments_[segment + 1].segment->base_offset();
    return in_.clean_until;
}

Result<LogCleaning::Progress> LogCleaning::step(uint64_t bytes_max) {
    ASSERT(!replacement_, "taken before the next step");
    bytes_ = 0;
    while (phase_ != Phase::done && !replacement_ && bytes_ < bytes_max) {
        if (phase_ == Phase::mapping) {
            TRY_ASSIGN(const bool more, map_next());
            if (!more) begin_writing();
        } else {
            TRY_ASSIGN(const bool more, write_next());
            if (!more) phase_ = Phase::done;
        }
    }
    return Progress{bytes_, replacement_.has_value(), phase_ == Phase::done};
}

// nullopt where the segment ends; at_ stands on the next one then.
Result<std::optional<WalkedBatch>> LogCleaning::next_batch(size_t segments_end) {
    ASSERT(at_ < segments_end && segments_end <= segments_.size());
    const SegmentExtent& extent = segments_[at_];
    if (walker_ == nullptr) {
        uint64_t begin = 0;
        if (phase_ == Phase::mapping && extent.segment->base_offset() < in_.dirty_from) {
            TRY_ASSIGN(const auto first, find_batch(extent, in_.dirty_from, ReadMode::blocking));
            begin = first ? first->position : extent.size;
        }
        walker_ = std::make_unique<BatchWalker>(*extent.segment->file(), begin, extent.size);
    }
    TRY_ASSIGN(const auto batch, walker_->next());
    if (batch) {
        bytes_ += batch->header.size();
        return batch;
    }
    walker_.reset();
    ++at_;
    return std::nullopt;
}

// False when the pass is over: the end is reached, or the map is full.
Result<bool> LogCleaning::map_next() {
    if (at_ >= segments_.size()) return false;
    TRY_ASSIGN(const auto batch, next_batch(segments_.size()));
    if (batch) return map_batch(*batch);
    // Offsets that are in no batch any more belong to the segment all the same.
    map_end_ = std::max(map_end_, end_of(at_ - 1));
    return true;
}

Result<bool> LogCleaning::map_batch(const WalkedBatch& batch) {
    const protocol::BatchHeader& header = batch.header;
    const bool has_keys = header.is_control()
                              ? (transactions_->is_spent_marker(header, batch.records), false)
                              : !transactions_->is_aborted(header);
    if (has_keys) {
        const auto count = static_cast<size_t>(std::max(header.record_count, 0));
        // A batch is mapped as a whole or not at all (pitfall K07).
        if (!map_->has_room(count) && map_->keys() > 0) return false;
        map_->reserve(count);
        TRY_ASSIGN(const Bytes plain, plain_records(batch, decompressor_));
        protocol::RecordReader reader(plain, header.record_count);
        protocol::RecordView record;
        while (true) {
            TRY_ASSIGN(const bool more, reader.next(record));
            if (!more) break;
            if (!record.key) return fail(ErrorCode::invalid_record, "a record without key");
            const Offset offset = header.base_offset + record.offset_delta;
            if (offset >= in_.dirty_from) map_->put(*record.key, offset);
        }
    }
    map_end_ = std::max(map_end_, header.next_offset());
    return true;
}

void LogCleaning::begin_writing() {
    keys_ = map_->keys();
    map_utilization_ = static_cast<double>(keys_) / static_cast<double>(map_->keys_max());
    walker_.reset();
    while (write_end_ < segments_.size() && segments_[write_end_].segment->base_offset() < map_end_)
        ++write_end_;
    at_ = group_first_ = group_last_ = 0;
    if (map_end_ == in_.dirty_from) write_end_ = 0;  // nothing was found
    phase_ = write_end_ == 0 ? Phase::done : Phase::writing;
    if (write_end_ == 0) return;
    const Offset first = segments_.front().segment->base_offset();
    transactions_.emplace(in_.log->aborted_between(first, end_of(write_end_ - 1)));
    FilterRules rules;
    rules.map_end = map_end_;
    rules.round_end = in_.clean_until;
    rules.now_ms = in_.now_ms;
    rules.delete_retention_ms = in_.config.delete_retention_ms;
    filter_.emplace(*map_, in_.producers, rules);
}

// False when everything is written.
Result<bool> LogCleaning::write_next() {
    if (at_ == group_last_ && walker_ == nullptr) {
        if (group_last_ > group_first_) {
            TRY(finish_group());
            group_first_ = group_last_;
            return true;
        }
        if (at_ == write_end_) return false;
        group_last_ = group_end(group_first_);
        group_changed_ = group_last_ - group_first_ > 1;
        TRY(open_output(segments_[group_first_].segment->base_offset()));
    }
    TRY_ASSIGN(const auto batch, next_batch(group_last_));
    if (!batch) return true;
    TRY_ASSIGN(const auto outcome, filter_->filter(*batch, *transactions_));
    group_changed_ |= !outcome || outcome->header != batch->header;
    if (outcome) TRY(put(*outcome));
    return true;
}

// As many segments as fit into one, by what they are now (so that small leftovers are merged).
size_t LogCleaning::group_end(size_t first) const {
    const Offset base = segments_[first].segment->base_offset();
    const auto index_bytes_max = static_cast<uint64_t>(in_.config.segment_index_bytes);
    uint64_t bytes = 0, offset_bytes = 0, time_bytes = 0;
    size_t end = first;
    for (; end < write_end_; ++end) {
        const SegmentExtent& extent = segments_[end];
        bytes += extent.size;
        offset_bytes += extent.offset_index_entries * OffsetIndexEntry::disk_size;
        time_bytes += extent.time_index_entries * TimeIndexEntry::disk_size;
        const bool fits = bytes <= static_cast<uint64_t>(in_.config.segment_bytes) &&
                          offset_bytes <= index_bytes_max && time_bytes <= index_bytes_max &&
                          end_of(end) - 1 - base <= segment_reach;
        if (!fits && end > first) break;
    }
    return end;
}

Result<void> LogCleaning::open_output(Offset base) {
    ASSERT(!writer_ && buffer_.empty() && buffered_.empty());
    int64_t complete_since_ms = 0;
    for (size_t i = group_first_; i < group_last_; ++i)
        complete_since_ms = std::max(complete_since_ms, segments_[i].segment->complete_since_ms());
    outputs_.push_back(base);
    const auto place = std::make_shared<const FilePlace>(disk_, in_.directory, in_.open_files);
    TRY_ASSIGN(writer_, SegmentWriter::create(
                            {place, output_config_, complete_since_ms, cleaned_suffix}, base));
    return {};
}

Result<void> LogCleaning::put(const BatchFilter::Outcome& outcome) {
    const protocol::BatchHeader& header = outcome.header;
    const uint64_t position = writer_->next_position() + buffer_.size();
    // Rewritten batches may be larger than they were: tombstones whose horizon was stamped.
    const bool too_long = position > 0 && position + header.size() > uint64_t{segment_reach};
    const bool too_far = header.last_offset() - writer_->base_offset() > segment_reach;
    if (too_long || too_far) {
        TRY(close_output(header.base_offset));
        TRY(open_output(header.base_offset));
    }
    const auto encoded = header.encode();
    buffer_.insert(buffer_.end(), encoded.begin(), encoded.end());
    buffer_.insert(buffer_.end(), outcome.records.begin(), outcome.records.end());
    buffered_.push_back(header);
    bytes_ += header.size();
    if (buffer_.size() >= in_.write_bytes) return write_buffer();
    return {};
}

Result<void> LogCleaning::write_buffer() {
    if (buffered_.empty()) return {};
    const Bytes part(buffer_);
    TRY(writer_->append({&part, 1}, buffered_));
    unsynced_bytes_ += buffer_.size();
    buffer_.clear();
    buffered_.clear();
    if (unsynced_bytes_ < sync_interval_bytes) return {};
    unsynced_bytes_ = 0;
    return writer_->sync();
}

// `end`: where the next segment begins.
Result<void> LogCleaning::close_output(Offset end) {
    TRY(write_buffer());
    int64_t complete_since_ms = 0;
    for (size_t i = group_first_; i < group_last_; ++i)
        complete_since_ms = std::max(complete_since_ms, segments_[i].segment->complete_since_ms());
    const Offset base = writer_->base_offset();
    const SegmentExtent made = writer_->seal(complete_since_ms);
    TRY(writer_->sync());
    TRY(writer_->sync_indexes());
    writer_.reset();
    made_.push_back(made);
    const auto rows = rows_in(transactions_->take_still_needed(), base, end);
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    const std::string path =
        file_path(in_.directory, base, FileKind::txn_index) + std::string(cleaned_suffix);
    TRY(write_transaction_index(disk_, path, rows));
    if (rows.empty()) return {};
    TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::read_write));
    return file->sync();
}

Result<void> LogCleaning::finish_group() {
    const Offset end = end_of(group_last_ - 1);
    TRY(close_output(end));
    SegmentReplacement made{{}, std::exchange(made_, {}), end, std::exchange(rows_, {})};
    // Nothing to win: the old one stays.
    if (!group_changed_) return discard();
    TRY(disk_.sync_directory(in_.directory));
    for (size_t i = group_first_; i < group_last_; ++i) made.old.push_back(segments_[i]);
    replacement_ = std::move(made);
    return {};
}

SegmentReplacement LogCleaning::take_replacement() {
    ASSERT(replacement_ && !replacement_->made.empty());
    return *std::exchange(replacement_, std::nullopt);
}

Result<void> LogCleaning::discard() {
    writer_.reset();
    buffer_.clear();
    buffered_.clear();
    made_.clear();
    rows_.clear();
    for (const Offset base : std::exchange(outputs_, {}))
        for (const FileKind kind :
             {FileKind::log, FileKind::offset_index, FileKind::time_index, FileKind::txn_index})
            for (const std::string_view suffix : {cleaned_suffix, swap_suffix})
                TRY(remove_if_present(disk_,
                                      file_path(in_.directory, base, kind) + std::string(suffix)));
    return {};
}

}  // namespace barnabas::storage
