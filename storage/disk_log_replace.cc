// SPDX-License-Identifier: Apache-2.0
// Exchanging segments for their compacted successors. Until the old ones are out of the way the new
// ones are called `.swap`, so that start-up knows whether to finish or to undo (log_files.cc).
#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"
#include "storage/disk_log.h"
#include "storage/file_names.h"
#include "storage/segment_replacement.h"

namespace barnabas::storage {
namespace {

// The log comes last when a segment gets its name, first when it loses it: whatever is left of a
// `.swap` segment after a crash is recognised by its log.
constexpr std::array kinds_log_last{FileKind::offset_index, FileKind::time_index,
                                    FileKind::txn_index, FileKind::log};

}  // namespace

Result<void> Log::skip_to(Offset, int64_t) {
    ASSERT(false, "this kind of log is never a copy");
    return {};
}

Result<bool> Log::replace_segments(const SegmentReplacement&, int64_t) {
    return fail(ErrorCode::unsupported_version, "this log is not compacted");
}

ActiveProducers DiskLog::active_producers() const {
    ActiveProducers result;
    for (const auto& [id, entry] : producers_.state().entries())
        result.push_back(
            {.producer_id = id,
             .epoch = entry.epoch,
             .last_sequence = entry.last() ? entry.last()->last_sequence : sequence_none,
             .last_timestamp_ms = entry.last_timestamp_ms,
             .coordinator_epoch = entry.coordinator_epoch,
             .transaction_first_offset = entry.transaction_first_offset.value_or(offset_none)});
    std::ranges::sort(result, {}, &ActiveProducer::producer_id);
    return result;
}

ProducerTails DiskLog::producer_tails() const {
    ProducerTails tails;
    for (const auto& [id, entry] : producers_.state().entries()) {
        ProducerTail& tail = tails[id];
        tail.epoch = entry.epoch;
        if (entry.last() != nullptr) tail.last_data_offset = entry.last()->last_offset;
    }
    return tails;
}

// Where the old segments are, if they are all there, as they were.
std::optional<size_t> DiskLog::find_sealed(const SegmentReplacement& by) const {
    ASSERT(!by.old.empty() && !by.made.empty());
    const auto first = std::ranges::find(*sealed_, by.old.front().segment, &SegmentExtent::segment);
    const auto index = static_cast<size_t>(first - sealed_->begin());
    if (sealed_->size() - index < by.old.size()) return std::nullopt;
    for (size_t i = 0; i < by.old.size(); ++i)
        if ((*sealed_)[index + i].segment != by.old[i].segment) return std::nullopt;
    if (extent_at(index + by.old.size()).segment->base_offset() != by.end) return std::nullopt;
    return index;
}

Result<void> DiskLog::rename_segments(const std::vector<SegmentExtent>& segments,
                                      std::string_view from, std::string_view to) {
    for (const SegmentExtent& extent : segments) {
        for (const FileKind kind : kinds_log_last) {
            const std::string path =
                file_path(options_.directory, extent.segment->base_offset(), kind);
            const auto renamed = disk_.rename(path + std::string(from), path + std::string(to));
            if (!renamed && renamed.error().os_error != ENOENT) return renamed;
        }
    }
    return disk_.sync_directory(options_.directory);
}

Result<bool> DiskLog::replace_segments(const SegmentReplacement& by, int64_t now_ms) {
    TRY(usable());
    now_ms_ = now_ms;
    const auto index = find_sealed(by);
    if (!index) return false;
    const Offset base = by.old.front().segment->base_offset();
    ASSERT(by.made.front().segment->base_offset() == base && by.end <= recovery_point_);
    // Up to here nothing has changed, and start-up removes what has another name.
    TRY(rename_segments(by.made, cleaned_suffix, swap_suffix));
    for (const SegmentExtent& extent : by.old) hold_files(extent);
    auto exchanged = rename_segments(by.old, "", deleted_suffix);
    if (exchanged) exchanged = rename_segments(by.made, swap_suffix, "");
    // The files are what start-up will make of them, no longer what this object knows.
    if (!exchanged) return std::unexpected(go_offline(exchanged.error()).error());

    for (const SegmentExtent& extent : by.made)
        for_each_resting(extent, [](const RestingFile& file) { file.settle(); });
    auto sealed = std::make_shared<std::vector<SegmentExtent>>(*sealed_);
    const auto first = sealed->begin() + static_cast<ptrdiff_t>(*index);
    const auto place = sealed->erase(first, first + static_cast<ptrdiff_t>(by.old.size()));
    sealed->insert(place, by.made.begin(), by.made.end());
    sealed_ = std::move(sealed);
    producers_.replace_aborted(base, by.end, by.aborted);
    for (const SegmentExtent& extent : by.old) {
        const Offset old = extent.segment->base_offset();
        deleted_.push_back({now_ms_ + options_.config.file_delete_delay_ms, old});
        const auto is_kept = [&](const SegmentExtent& made) {
            return made.segment->base_offset() == old;
        };
        // Recovery begins at a producer snapshot; those between merged segments serve nobody.
        if (std::ranges::none_of(by.made, is_kept)) TRY(producers_.remove_snapshot(old));
    }
    publish();
    return true;
}

}  // namespace barnabas::storage
