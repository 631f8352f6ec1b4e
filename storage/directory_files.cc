// SPDX-License-Identifier: Apache-2.0
// The files of a log directory; see the header.
#include "storage/directory_files.h"

#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/partition_metadata.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

constexpr const char* reserve_name = ".barnabas-reserve";
constexpr uint64_t reserve_bytes = 4 << 20;

std::string parent_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<Offset> find(const CheckpointEntries& entries, const TopicPartition& of) {
    const auto found = entries.find(of);
    if (found == entries.end()) return std::nullopt;
    return found->second;
}

}  // namespace

Result<bool> make_partition(Disk& disk, const std::string& log_directory,
                            const TopicPartition& topic_partition, const Uuid& topic_id) {
    const std::string directory = log_directory + "/" + topic_partition.directory_name();
    const auto known = read_partition_metadata(disk, directory);
    if (known && *known && **known == topic_id) return false;  // needs no space on the disk (L13)
    TRY_ASSIGN(const bool exists, disk.exists(directory));
    if (!exists) TRY(disk.make_directories(directory));
    if (!topic_id.is_zero()) TRY(write_partition_metadata(disk, directory, topic_id));
    return !exists;
}

Result<void> sync_partition(Disk& disk, const std::string& log_directory,
                            const TopicPartition& topic_partition) {
    TRY(disk.sync_directory(log_directory + "/" + topic_partition.directory_name()));
    return disk.sync_directory(log_directory);
}

Result<std::string> move_partition_aside(Disk& disk, const std::string& log_directory,
                                         const TopicPartition& topic_partition, const Uuid& unique,
                                         std::string_view suffix) {
    const std::string to = log_directory + "/" + aside_name(topic_partition, unique, suffix);
    TRY(disk.rename(log_directory + "/" + topic_partition.directory_name(), to));
    TRY(disk.sync_directory(log_directory));
    return to;
}

// True if the disk has no room worth the name.
bool DirectoryFiles::release_reserve_if_full() {
    const auto free = disk_.free_bytes(path_);
    if (!free || *free >= reserve_bytes / 4) return false;
    has_reserve_ = false;
    if (disk_.remove(path_ + "/" + reserve_name))
        log_warn("storage", "the disk of {} is full: {} bytes that were kept are given back", path_,
                 reserve_bytes);
    return true;
}

void DirectoryFiles::tend_reserve() {
    if (release_reserve_if_full() || has_reserve_) return;
    const auto free = disk_.free_bytes(path_);
    if (!free || *free < 4 * reserve_bytes) return;
    const std::string path = path_ + "/" + reserve_name;
    const auto file = disk_.open(path, OpenMode::create_or_open);
    has_reserve_ = file && (*file)->preallocate(reserve_bytes);
    if (file && !has_reserve_) (void)disk_.remove(path);
}

Result<void> DirectoryFiles::open() {
    ASSERT(lock_ == nullptr, "opened once");
    TRY(make_directory());
    TRY_ASSIGN(lock_, disk_.lock(path_ + "/.lock"));
    release_reserve_if_full();
    TRY_ASSIGN(meta_properties_, read_meta_properties(disk_, path_));
    TRY_ASSIGN(clean_shutdown_, read_clean_shutdown(disk_, path_));
    marker_present_ = clean_shutdown_.has_value();
    for (Checkpoint* checkpoint : {&recovery_points_, &log_starts_, &high_watermarks_, &cleaned_}) {
        TRY_ASSIGN(checkpoint->entries, read_checkpoint(disk_, path_ + "/" + checkpoint->name));
    }
    return {};
}

// Each level that was missing is made durable in the one above it (L10).
Result<void> DirectoryFiles::make_directory() {
    std::vector<std::string> missing;
    std::string level = path_;
    while (true) {
        TRY_ASSIGN(const bool exists, disk_.exists(level));
        if (exists) break;
        missing.push_back(level);
        const std::string parent = parent_of(level);
        if (parent == level) break;
        level = parent;
    }
    if (missing.empty()) return {};
    TRY(disk_.make_directories(path_));
    for (const std::string& made : missing) TRY(disk_.sync_directory(parent_of(made)));
    return {};
}

Result<void> DirectoryFiles::format(const MetaProperties& properties) {
    ASSERT(lock_ != nullptr);
    TRY(write_meta_properties(disk_, path_, properties));
    meta_properties_ = properties;
    return {};
}

Result<void> DirectoryFiles::begin_writing() {
    ASSERT(lock_ != nullptr);
    if (!marker_present_) return {};
    TRY(remove_clean_shutdown(disk_, path_));
    marker_present_ = false;
    return {};
}

Result<void> DirectoryFiles::finish_cleanly(const CleanShutdown& marker) {
    ASSERT(lock_ != nullptr);
    marker_present_ = true;
    return write_clean_shutdown(disk_, path_, marker);
}

Result<std::vector<FoundDirectory>> DirectoryFiles::scan() {
    TRY_ASSIGN(const auto entries, disk_.list(path_));
    std::vector<FoundDirectory> found;
    for (const DirectoryEntry& entry : entries) {
        if (!entry.is_directory) continue;
        FoundDirectory directory;
        directory.kind = kind_of_directory(entry.name);
        if (directory.kind == DirectoryKind::partition) {
            const auto topic_partition = parse_directory_name(entry.name);
            ASSERT(topic_partition.has_value());
            directory = describe_partition(*topic_partition);
            if (directory.error && is_disk_failure(*directory.error))
                return std::unexpected(*directory.error);
        }
        directory.name = entry.name;
        found.push_back(std::move(directory));
    }
    return found;
}

Result<bool> DirectoryFiles::has(const TopicPartition& topic_partition) {
    return disk_.exists(path_of(topic_partition));
}

FoundDirectory DirectoryFiles::describe_partition(const TopicPartition& topic_partition) {
    FoundDirectory found;
    found.name = topic_partition.directory_name();
    found.kind = DirectoryKind::partition;
    found.topic_partition = topic_partition;
    found.offsets = checkpointed(topic_partition);
    const auto id = read_partition_metadata(disk_, path_of(topic_partition));
    if (!id)
        found.error = id.error();
    else
        found.topic_id = id->value_or(Uuid{});
    return found;
}

CheckpointedOffsets DirectoryFiles::checkpointed(const TopicPartition& topic_partition) const {
    return {.recovery_point = find(recovery_points_.entries, topic_partition).value_or(Offset{0}),
            .log_start_offset = find(log_starts_.entries, topic_partition).value_or(Offset{0}),
            .high_watermark = find(high_watermarks_.entries, topic_partition),
            .cleaned_until = find(cleaned_.entries, topic_partition)};
}

Result<void> DirectoryFiles::replace(Checkpoint& checkpoint, CheckpointEntries entries) {
    TRY(write_checkpoint(disk_, path_ + "/" + checkpoint.name, entries));
    checkpoint.entries = std::move(entries);
    return {};
}

Result<void> DirectoryFiles::update(Checkpoint& checkpoint, const CheckpointEntries& entries,
                                    bool keep_others) {
    CheckpointEntries wanted = entries;
    if (keep_others) wanted.insert(checkpoint.entries.begin(), checkpoint.entries.end());
    if (wanted == checkpoint.entries) return {};
    return replace(checkpoint, std::move(wanted));
}

Result<void> DirectoryFiles::write_checkpoints(const CheckpointEntries& recovery_points,
                                               const CheckpointEntries& log_starts,
                                               bool keep_others) {
    TRY(update(recovery_points_, recovery_points, keep_others));
    return update(log_starts_, log_starts, keep_others);
}

Result<void> DirectoryFiles::write_high_watermarks(const CheckpointEntries& high_watermarks,
                                                   bool keep_others) {
    return update(high_watermarks_, high_watermarks, keep_others);
}

Result<void> DirectoryFiles::lower_recovery_point(const TopicPartition& topic_partition,
                                                  Offset offset) {
    const auto cleaned = find(cleaned_.entries, topic_partition);
    if (cleaned && *cleaned > offset) TRY(write_cleaned_until(topic_partition, offset));
    const auto known = find(recovery_points_.entries, topic_partition);
    if (!known || *known <= offset) return {};
    CheckpointEntries entries = recovery_points_.entries;
    entries[topic_partition] = offset;
    return replace(recovery_points_, std::move(entries));
}

Result<void> DirectoryFiles::raise_recovery_point(const TopicPartition& topic_partition,
                                                  Offset offset) {
    const auto known = find(recovery_points_.entries, topic_partition);
    if (known && *known >= offset) return {};
    CheckpointEntries entries = recovery_points_.entries;
    entries[topic_partition] = offset;
    return replace(recovery_points_, std::move(entries));
}

Result<void> DirectoryFiles::note_arrival(const TopicPartition& topic_partition,
                                          const CheckpointedOffsets& offsets) {
    const auto put = [&](Checkpoint& checkpoint, std::optional<Offset> offset) -> Result<void> {
        CheckpointEntries entries = checkpoint.entries;
        entries.erase(topic_partition);
        if (offset) entries[topic_partition] = *offset;
        if (entries == checkpoint.entries) return {};
        return replace(checkpoint, std::move(entries));
    };
    TRY(put(recovery_points_, offsets.recovery_point));
    TRY(put(log_starts_, offsets.log_start_offset));
    TRY(put(high_watermarks_, offsets.high_watermark));
    return write_cleaned_until(topic_partition, offsets.cleaned_until);
}

Result<void> DirectoryFiles::write_cleaned_until(const TopicPartition& topic_partition,
                                                 std::optional<Offset> offset) {
    if (find(cleaned_.entries, topic_partition) == offset) return {};
    CheckpointEntries entries = cleaned_.entries;
    entries.erase(topic_partition);
    if (offset) entries[topic_partition] = *offset;
    return replace(cleaned_, std::move(entries));
}

Result<void> DirectoryFiles::forget(const TopicPartition& topic_partition) {
    for (Checkpoint* checkpoint : {&recovery_points_, &log_starts_, &high_watermarks_, &cleaned_}) {
        if (!find(checkpoint->entries, topic_partition)) continue;
        CheckpointEntries entries = checkpoint->entries;
        entries.erase(topic_partition);
        TRY(replace(*checkpoint, std::move(entries)));
    }
    return {};
}

}  // namespace barnabas::storage
