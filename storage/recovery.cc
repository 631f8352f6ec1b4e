// SPDX-License-Identifier: Apache-2.0
// Opening a log, clean or not; the walk itself is in recovery_walk.cc.
#include "storage/recovery.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/batch_walker.h"
#include "storage/file_names.h"
#include "storage/log_files.h"
#include "storage/recovery_walk.h"

namespace barnabas::storage {
namespace {

constexpr Offset offset_max{std::numeric_limits<int64_t>::max()};

class Recovery {
  public:
    Recovery(Disk& disk, const LogOpenOptions& options) : disk_(disk), options_(options) {}

    Result<RecoveredLog> run() {
        TRY_ASSIGN(files_, tidy_directory(disk_, options_.directory));
        TRY_ASSIGN(epochs_, LeaderEpochs::open(disk_, options_.directory));
        const ProducerHistory::Options producer_options{
            options_.directory, options_.producer_id_expiration_ms, options_.is_metadata_log};
        producers_.emplace(disk_, producer_options, files_.snapshots);
        if (files_.segments.empty()) return start_at(options_.log_start_offset);
        bool is_open = false;
        if (options_.clean_shutdown) {
            TRY_ASSIGN(is_open, open_clean());
            if (!is_open) log_warn("storage", "{} was not closed cleanly", options_.directory);
        }
        if (!is_open) TRY(open_unclean());
        if (options_.log_start_offset > end_) return restart_beyond_end();
        return finish();
    }

  private:
    SegmentHome home() const { return {options_.place, options_.config, options_.now_ms}; }

    // Segments that do not grow are opened by their ends only.
    Result<void> open_sealed_until(size_t count) {
        sealed_.clear();
        for (size_t i = 0; i < count; ++i) {
            TRY_ASSIGN(auto opened,
                       open_sealed(disk_, options_, files_.segments[i], files_.segments[i + 1]));
            report_.indexes_rebuilt += opened.rebuilt ? 1 : 0;
            sealed_.push_back(std::move(opened.extent));
        }
        return {};
    }

    // False if the log is not as a clean shutdown leaves it.
    Result<bool> open_clean() {
        const Offset base = files_.segments.back();
        TRY(open_sealed_until(files_.segments.size() - 1));
        TRY_ASSIGN(active_, SegmentWriter::open(home(), base, offset_max, IndexTrust::whole));
        TRY_ASSIGN(const uint64_t size, active_->file()->size());
        BatchScanner scanner(*active_->file(), active_->next_position(), size, ReadMode::blocking);
        end_ = base;
        while (true) {
            const auto place = scanner.next();
            if (!place && place.error().code != ErrorCode::corrupt_message)
                return std::unexpected(place.error());
            if (!place) return false;
            if (!*place) break;
            if (!fits_segment((*place)->header, base, end_)) return false;
            active_->note((*place)->header);
            end_ = (*place)->header.next_offset();
        }
        TRY_ASSIGN(const bool as_closed, ends_as_closed());
        if (!as_closed) return false;
        TRY_ASSIGN(const Offset from,
                   producers_->restore(end_, files_.segments.front(), options_.now_ms));
        TRY(producers_->load_aborted(files_.segments, from));
        if (epochs_.needs_rebuild()) TRY(rebuild_epochs(active_->next_position()));
        recovery_point_ = std::min(std::max(options_.recovery_point, base), end_);
        std::vector<SegmentExtent> all = sealed_;
        all.push_back(active_->extent());
        TRY(replay_producers(all, from, end_, options_.now_ms, *producers_));
        active_->mark_durable();
        return true;
    }

    // A batch's base offset is under no checksum, so the last one could have moved the end. Two
    // others know where it was: the checkpoint of the recovery point, and the name of the newest
    // producer snapshot, which both were written at the clean stop. One of them may be missing, and
    // one may be damaged itself. False: neither is right, so the log has to be read.
    Result<bool> ends_as_closed() const {
        const Offset point = options_.recovery_point;
        const auto newest = std::ranges::max_element(files_.snapshots);
        const bool has_snapshot = newest != files_.snapshots.end() && !options_.is_metadata_log;
        // Truncation can leave a start above all batches that are left: the log begins there. Where
        // they end as they should, it is the start's own checkpoint that is wrong.
        if (options_.log_start_offset > end_ && (point != end_ || point == Offset{0})) return true;
        if (options_.log_start_offset > end_) {
            log_error("storage", "{} starts at offset {} but was closed with its end at {}",
                      options_.directory, options_.log_start_offset.value, point.value);
            return fail(ErrorCode::kafka_storage_error, "start of a closed log beyond its end");
        }
        if (point == end_ || (has_snapshot && *newest == end_)) return true;
        if (point == Offset{0} && !has_snapshot) return true;
        if (!has_snapshot || *newest != point) return false;
        log_error("storage", "{} ends at offset {}, but it ended at {} when it was closed",
                  options_.directory, end_.value, point.value);
        return fail(ErrorCode::kafka_storage_error, "the end of a closed log has moved");
    }

    Result<void> open_unclean() {
        const std::vector<Offset>& bases = files_.segments;
        const Offset point = std::max(options_.recovery_point, bases.front());
        TRY_ASSIGN(const Offset from, producers_->restore(point, bases.front(), options_.now_ms));
        ASSERT(from <= point);
        TRY(producers_->load_aborted(bases, from));
        const auto above = std::ranges::upper_bound(bases, from);
        const auto first = static_cast<size_t>(above - bases.begin()) - 1;
        TRY(open_sealed_until(first));
        if (epochs_.needs_rebuild()) TRY(rebuild_epochs(std::nullopt));
        RecoveryWalk walk(disk_, options_, files_, {point, from}, epochs_, *producers_);
        TRY(walk.run(first, report_));
        if (point > walk.end() && options_.recovery_point > bases.front()) {
            log_error("storage",
                      "{}: records were synced up to offset {} but end at {}; to go on without "
                      "them, lower the offset in recovery-point-offset-checkpoint",
                      options_.directory, point.value, walk.end().value);
            return fail(ErrorCode::kafka_storage_error,
                        "records below the recovery point are gone");
        }
        sealed_.insert(sealed_.end(), walk.sealed().begin(), walk.sealed().end());
        active_ = std::move(walk.active());
        end_ = recovery_point_ = walk.end();
        names_in_doubt_ = walk.is_as_synced();
        // Entries that a loss of power brought back would not fit an empty log.
        if (walk.is_as_synced() && active_->next_position() == 0) active_->mark_durable();
        return {};
    }

    // Assigns the epochs of the sealed segments, and of the active one up to `active_end`, from
    // their batches. Epochs only rise, so a segment that begins as the next one does is of one
    // epoch.
    Result<void> rebuild_epochs(std::optional<uint64_t> active_end) {
        const bool any = !sealed_.empty() || active_end.value_or(0) > 0;
        if (any) log_warn("storage", "rebuilding the leader epochs of {}", options_.directory);
        std::vector<LeaderEpoch> firsts;
        for (const SegmentExtent& extent : sealed_) {
            BatchScanner scanner(*extent.segment->file(), 0, extent.size, ReadMode::blocking);
            TRY_ASSIGN(const auto place, scanner.next());
            firsts.push_back(place ? place->header.partition_leader_epoch : leader_epoch_none);
        }
        for (size_t i = 0; i < sealed_.size(); ++i) {
            const ReadableSegment& segment = *sealed_[i].segment;
            if (i + 1 < sealed_.size() && firsts[i] == firsts[i + 1])
                epochs_.assign(firsts[i], segment.base_offset());
            else
                TRY(assign_epochs(*segment.file(), 0, sealed_[i].size, epochs_));
        }
        if (active_end) TRY(assign_epochs(*active_->file(), 0, *active_end, epochs_));
        return {};
    }

    Result<RecoveredLog> start_at(Offset offset) {
        offset = std::max(offset, Offset{0});
        TRY_ASSIGN(active_, SegmentWriter::create(home(), offset));
        TRY(disk_.sync_directory(options_.directory));
        end_ = recovery_point_ = offset;
        return finish();
    }

    // The checkpoint says that everything up to beyond the end was deleted (pitfall L20).
    Result<RecoveredLog> restart_beyond_end() {
        log_warn("storage", "{} ends at {}, before its start at {}: it starts empty there",
                 options_.directory, end_.value, options_.log_start_offset.value);
        sealed_.clear();
        active_.reset();
        while (!files_.segments.empty()) {
            TRY(remove_segment_files(disk_, options_.directory, files_.segments.back()));
            files_.segments.pop_back();
        }
        TRY(producers_->truncate_files(Offset{0}));
        TRY(producers_->remove_snapshot(Offset{0}));
        TRY_ASSIGN(const Offset empty, producers_->restore(Offset{0}, Offset{0}, options_.now_ms));
        ASSERT(empty == Offset{0});
        epochs_.clear();
        return start_at(options_.log_start_offset);
    }

    // What lies before the start goes for good, so one that a damaged checkpoint moved up must not
    // be believed. Another file knows it: the first leader epoch begins where the log does, and is
    // durable before the checkpoint says so. Where they differ, records are shown again, not lost.
    Offset believable_start() const {
        const Offset start = options_.log_start_offset;
        const EpochEntries& epochs = *epochs_.entries();
        if (epochs_.needs_rebuild() || epochs.empty() || epochs.front().start_offset >= start)
            return start;
        log_error("storage",
                  "{} starts at offset {} by its checkpoint, but its leader epochs begin at {}: it "
                  "starts there",
                  options_.directory, start.value, epochs.front().start_offset.value);
        return epochs.front().start_offset;
    }

    Result<RecoveredLog> finish() {
        const Offset first =
            sealed_.empty() ? active_->base_offset() : sealed_.front().segment->base_offset();
        const Offset log_start = std::max(believable_start(), first);
        ASSERT(log_start <= end_ && recovery_point_ <= end_);
        epochs_.truncate_from_end(end_);
        epochs_.truncate_from_start(log_start);
        TRY(epochs_.save());
        TRY(producers_->truncate_files(end_));
        active_->rest();
        return RecoveredLog{std::move(sealed_), std::move(*active_),
                            std::move(epochs_), std::move(*producers_),
                            log_start,          end_,
                            recovery_point_,    report_,
                            names_in_doubt_};
    }

    Disk& disk_;
    const LogOpenOptions& options_;
    LogFiles files_;
    LeaderEpochs epochs_;
    std::optional<ProducerHistory> producers_;
    std::vector<SegmentExtent> sealed_;
    std::optional<SegmentWriter> active_;
    Offset end_;
    Offset recovery_point_;
    RecoveryReport report_;
    bool names_in_doubt_ = false;
};

}  // namespace

Result<RecoveredLog> recover_log(Disk& disk, const LogOpenOptions& options) {
    return Recovery(disk, options).run();
}

}  // namespace barnabas::storage
