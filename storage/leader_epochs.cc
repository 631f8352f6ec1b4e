// SPDX-License-Identifier: Apache-2.0
// The leader-epoch cache and its checkpoint: "0\n<count>\n" and one "<epoch> <start offset>\n"
// each.
#include "storage/leader_epochs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/assert.h"
#include "storage/file_names.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t checkpoint_bytes_max = 16 << 20;

bool ascending(const EpochEntries& entries) {
    for (size_t i = 1; i < entries.size(); ++i)
        if (entries[i].epoch <= entries[i - 1].epoch ||
            entries[i].start_offset <= entries[i - 1].start_offset)
            return false;
    return true;
}

// Takes one decimal number and the separator after it off the front of `text`.
template <class Int>
bool take_number(std::string_view& text, char separator, Int& number) {
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<size_t>(stopped - text.data()));
    if (text.empty() || text[0] != separator) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

EpochEndOffset epoch_end_offset(const EpochEntries& entries, LeaderEpoch epoch, Offset log_end) {
    if (entries.empty() || epoch == leader_epoch_none) return {};
    if (epoch == entries.back().epoch) return {epoch, log_end};
    const auto above = std::ranges::upper_bound(entries, epoch, {}, &EpochEntry::epoch);
    if (above == entries.end()) return {};
    const LeaderEpoch floor = above == entries.begin() ? epoch : std::prev(above)->epoch;
    return {floor, above->start_offset};
}

LeaderEpoch epoch_of_offset(const EpochEntries& entries, Offset offset) {
    const auto above = std::ranges::upper_bound(entries, offset, {}, &EpochEntry::start_offset);
    return above == entries.begin() ? leader_epoch_none : std::prev(above)->epoch;
}

std::string encode_epochs(const EpochEntries& entries) {
    std::string text = fmt::format("0\n{}\n", entries.size());
    for (const EpochEntry& entry : entries)
        text += fmt::format("{} {}\n", entry.epoch.value, entry.start_offset.value);
    return text;
}

Result<EpochEntries> parse_epochs(std::string_view text) {
    const auto damaged = fail(ErrorCode::kafka_storage_error, "leader-epoch-checkpoint");
    int32_t version = -1;
    uint32_t count = 0;
    if (!take_number(text, '\n', version) || version != 0) return damaged;
    if (!take_number(text, '\n', count) || count > text.size() / 4) return damaged;
    EpochEntries entries(count);
    for (EpochEntry& entry : entries) {
        if (!take_number(text, ' ', entry.epoch.value)) return damaged;
        if (!take_number(text, '\n', entry.start_offset.value)) return damaged;
        if (entry.epoch.value < 0 || entry.start_offset.value < 0) return damaged;
    }
    if (!text.empty() || !ascending(entries)) return damaged;
    return entries;
}

Result<LeaderEpochs> LeaderEpochs::open(Disk& disk, const std::string& directory) {
    LeaderEpochs epochs;
    epochs.disk_ = &disk;
    epochs.path_ = directory + "/" + std::string(epoch_checkpoint_name);
    const auto content = disk.read_file(epochs.path_, checkpoint_bytes_max);
    if (!content) {
        if (content.error().os_error != ENOENT && content.error().os_error != EFBIG)
            return std::unexpected(content.error());
        epochs.needs_rebuild_ = true;
        epochs.is_missing_ = content.error().os_error == ENOENT;
        return epochs;
    }
    auto entries = parse_epochs(as_text(*content));
    epochs.needs_rebuild_ = !entries;
    if (entries) epochs.entries_ = std::make_shared<const EpochEntries>(std::move(*entries));
    return epochs;
}

LeaderEpoch LeaderEpochs::latest() const {
    return entries_->empty() ? leader_epoch_none : entries_->back().epoch;
}

bool LeaderEpochs::assign(LeaderEpoch epoch, Offset start) {
    ASSERT(start.value >= 0);
    if (epoch <= latest() || epoch == leader_epoch_none) return false;
    EpochEntries entries = *entries_;
    while (!entries.empty() && entries.back().start_offset >= start) entries.pop_back();
    entries.push_back({epoch, start});
    replace(std::move(entries));
    return true;
}

void LeaderEpochs::truncate_from_end(Offset end) {
    if (entries_->empty() || entries_->back().start_offset < end) return;
    EpochEntries entries = *entries_;
    while (!entries.empty() && entries.back().start_offset >= end) entries.pop_back();
    replace(std::move(entries));
}

void LeaderEpochs::truncate_from_start(Offset start) {
    if (entries_->empty() || entries_->front().start_offset >= start) return;
    EpochEntries entries = *entries_;
    const auto above = std::ranges::upper_bound(entries, start, {}, &EpochEntry::start_offset);
    ASSERT(above != entries.begin(), "the first entry begins before start");
    const auto holder = std::prev(above);
    holder->start_offset = start;
    entries.erase(entries.begin(), holder);
    replace(std::move(entries));
}

void LeaderEpochs::clear() {
    if (!entries_->empty()) replace({});
}

void LeaderEpochs::replace(EpochEntries entries) {
    ASSERT(ascending(entries));
    entries_ = std::make_shared<const EpochEntries>(std::move(entries));
    changed_ = true;
}

Result<void> LeaderEpochs::save() {
    // Without entries a missing checkpoint is as good as an empty one.
    if (!changed_ && (!needs_rebuild_ || (is_missing_ && entries_->empty()))) return {};
    TRY(disk_->replace_file(path_, as_bytes(encode_epochs(*entries_))));
    changed_ = needs_rebuild_ = is_missing_ = false;
    return {};
}

}  // namespace barnabas::storage
