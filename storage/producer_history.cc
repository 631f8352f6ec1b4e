// SPDX-License-Identifier: Apache-2.0
// Keeping producer state and aborted transactions in step with the log and with their files.
#include "storage/producer_history.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/assert.h"
#include "base/log_line.h"
#include "protocol/control_records.h"
#include "storage/file_names.h"
#include "storage/log_files.h"
#include "storage/producer_snapshot.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t snapshot_bytes_max = 1 << 30;

constexpr Offset never{std::numeric_limits<int64_t>::max()};

}  // namespace

std::optional<EndTransactionMarker> parse_marker(const protocol::BatchHeader& batch,
                                                 Bytes records) {
    if (!batch.is_control() || !batch.has_producer_id() || batch.codec_id() != 0)
        return std::nullopt;
    protocol::RecordReader reader(records, batch.record_count);
    protocol::RecordView record;
    const auto more = reader.next(record);
    if (!more || !*more) return std::nullopt;
    const auto type = protocol::control_type(record);
    if (type != protocol::ControlType::abort && type != protocol::ControlType::commit)
        return std::nullopt;
    const auto body = protocol::decode_end_transaction_marker(record);
    if (!body) return std::nullopt;
    return EndTransactionMarker{type == protocol::ControlType::commit, body->coordinator_epoch};
}

ProducerHistory::ProducerHistory(Disk& disk, Options options, const std::vector<Offset>& snapshots)
    : disk_(&disk),
      options_(std::move(options)),
      state_(options_.expiration_ms),
      snapshots_(snapshots.begin(), snapshots.end()) {}

std::string ProducerHistory::snapshot_path(Offset at) const {
    return file_path(options_.directory, at, FileKind::producer_snapshot);
}

Result<Offset> ProducerHistory::restore(Offset at_most, Offset first_offset, int64_t now_ms) {
    state_.clear();
    if (options_.disabled) return at_most;
    for (auto above = snapshots_.upper_bound(at_most); above != snapshots_.begin();) {
        const Offset at = *--above;
        // What comes after it is not all there any more.
        if (at < first_offset) break;
        const auto content = disk_->read_file(snapshot_path(at), snapshot_bytes_max);
        if (!content && content.error().os_error != ENOENT && content.error().os_error != EFBIG)
            return std::unexpected(content.error());
        if (content && decode_producer_snapshot(*content, at, now_ms, state_)) return at;
        log_warn("storage", "producer snapshot {} cannot be read and is removed",
                 snapshot_path(at));
        TRY(remove_if_present(*disk_, snapshot_path(at)));
        above = snapshots_.erase(above);
    }
    return first_offset;
}

Result<void> ProducerHistory::load_aborted(const std::vector<Offset>& bases, Offset below) {
    AbortedTransactions all;
    for (size_t i = 0; i < bases.size() && !options_.disabled; ++i) {
        const Offset end = i + 1 < bases.size() ? std::min(bases[i + 1], below) : below;
        if (bases[i] >= end) break;
        const std::string path = file_path(options_.directory, bases[i], FileKind::txn_index);
        TRY_ASSIGN(const auto rows, read_transaction_index(*disk_, path, bases[i], end));
        all.insert(all.end(), rows.begin(), rows.end());
    }
    aborted_ = AbortedList(std::move(all));
    return {};
}

Result<void> ProducerHistory::check(const protocol::BatchHeader& batch, Bytes records,
                                    AppendOrigin origin, const TransactionTerms& terms) const {
    if (options_.disabled || !batch.has_producer_id()) return {};
    if (!batch.is_control()) return state_.check(batch, origin, terms);
    if (origin == AppendOrigin::replication) return {};
    const auto marker = parse_marker(batch, records);
    if (!marker) return fail(ErrorCode::invalid_record, "end-of-transaction marker");
    return state_.check_marker(batch, *marker, terms);
}

std::optional<ProducerBatch> ProducerHistory::find_duplicate(
    const protocol::BatchHeader& batch) const {
    if (options_.disabled || !batch.has_producer_id() || batch.is_control()) return std::nullopt;
    return state_.find_duplicate(batch);
}

std::optional<AbortedTransaction> ProducerHistory::apply(const protocol::BatchHeader& batch,
                                                         Bytes records, int64_t seen_ms) {
    if (options_.disabled || !batch.has_producer_id()) return std::nullopt;
    if (!batch.is_control()) {
        state_.apply(batch, seen_ms);
        return std::nullopt;
    }
    const auto marker = parse_marker(batch, records);
    if (!marker) return std::nullopt;
    return state_.apply_marker(batch, *marker, seen_ms);
}

void ProducerHistory::replay(const protocol::BatchHeader& batch, Bytes records, int64_t now_ms) {
    const int64_t seen_ms = state_.seen_when_replayed(batch.max_timestamp, now_ms);
    const auto row = apply(batch, records, seen_ms);
    if (row && row->first_offset >= Offset{0}) aborted_.add(*row);
}

Result<void> ProducerHistory::rewrite_aborted(Offset base, Offset end) {
    if (options_.disabled) return {};
    const std::string path = file_path(options_.directory, base, FileKind::txn_index);
    const AbortedTransactions rows = aborted_.between(base, end);
    TRY(write_transaction_index(*disk_, path, rows));
    if (!rows.empty()) unsynced_.insert(path);
    return {};
}

Result<void> ProducerHistory::note(const protocol::BatchHeader& batch, Bytes records,
                                   Offset segment_base, int64_t now_ms) {
    const auto row = apply(batch, records, now_ms);
    if (!row) return {};
    const size_t count = aborted_.count_from(segment_base);
    const std::string path = file_path(options_.directory, segment_base, FileKind::txn_index);
    TRY(append_transaction_index(*disk_, path, count, *row));
    unsynced_.insert(path);
    aborted_.add(*row);
    return {};
}

Result<void> ProducerHistory::write_snapshot(Offset at) {
    if (options_.disabled || snapshots_.contains(at)) return {};
    const auto content = encode_producer_snapshot(state_);
    const std::string path = snapshot_path(at);
    const auto write = [&]() -> Result<void> {
        TRY_ASSIGN(const auto file, disk_->open(path, OpenMode::create_or_open));
        TRY(file->truncate(0));
        const Bytes part{content};
        return file->write_at(0, {&part, 1});
    };
    const auto written = write();
    if (!written && written.error().os_error == ENOSPC) {
        log_warn("storage", "no space for producer snapshot {}", path);
        return remove_if_present(*disk_, path);
    }
    if (!written) return written;
    snapshots_.insert(at);
    unsynced_.insert(path);
    return {};
}

Result<void> ProducerHistory::sync() {
    for (const std::string& path : unsynced_) {
        const auto file = disk_->open(path, OpenMode::read_write);
        // It may have been removed with its segment.
        if (!file && file.error().os_error == ENOENT) continue;
        if (!file) return std::unexpected(file.error());
        TRY((*file)->sync());
    }
    unsynced_.clear();
    return {};
}

Result<void> ProducerHistory::truncate_files(Offset end) {
    while (!snapshots_.empty() && *snapshots_.rbegin() > end)
        TRY(remove_snapshot(*snapshots_.rbegin()));
    if (aborted_.count_from(end) > 0) aborted_ = AbortedList(aborted_.between(Offset{0}, end));
    return {};
}

Result<void> ProducerHistory::advance_start(Offset start) {
    while (!snapshots_.empty() && *snapshots_.begin() < start)
        TRY(remove_snapshot(*snapshots_.begin()));
    if (aborted_.count_from(start) < aborted_.size())
        aborted_ = AbortedList(aborted_.between(start, never));
    return {};
}

void ProducerHistory::replace_aborted(Offset base, Offset end, const AbortedTransactions& rows) {
    AbortedTransactions all = aborted_.between(Offset{0}, base);
    all.insert(all.end(), rows.begin(), rows.end());
    const AbortedTransactions after = aborted_.between(end, never);
    all.insert(all.end(), after.begin(), after.end());
    aborted_ = AbortedList(std::move(all));
}

Result<void> ProducerHistory::remove_snapshot(Offset at) {
    if (snapshots_.erase(at) == 0) return {};
    unsynced_.erase(snapshot_path(at));
    return remove_if_present(*disk_, snapshot_path(at));
}

}  // namespace barnabas::storage
