// SPDX-License-Identifier: Apache-2.0
// Checking a log directory: what lies beside the partitions, then each of them.
#include "storage/directory_check.h"

#include <fmt/format.h>

#include "storage/clean_shutdown.h"
#include "storage/directory_names.h"
#include "storage/meta_properties.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t text_bytes_max = 512 << 20;

struct Checkpoints {
    CheckpointEntries recovery_points;
    CheckpointEntries log_starts;
    CheckpointEntries high_watermarks;
};

Offset at(const CheckpointEntries& entries, const TopicPartition& of) {
    const auto found = entries.find(of);
    return found == entries.end() ? Offset{0} : found->second;
}

void check_checkpoint(Disk& disk, const std::string& directory, const char* name,
                      CheckpointEntries& entries, std::vector<CheckedFile>& files) {
    const auto exists = disk.exists(directory + "/" + name);
    if (exists && !*exists) return;
    files.push_back({.partition = {}, .file = name, .kind = "checkpoint"});
    const auto content = disk.read_file(directory + "/" + name, text_bytes_max);
    auto parsed = content ? parse_checkpoint(as_text(*content))
                          : Result<CheckpointEntries>(std::unexpected(content.error()));
    if (!parsed) {
        files.back().damage = "not a whole checkpoint; the next start walks the logs instead";
        return;
    }
    entries = std::move(*parsed);
    files.back().entries = entries.size();
    files.back().bytes = content->size();
}

void check_properties(Disk& disk, const std::string& directory, std::vector<CheckedFile>& files) {
    CheckedFile& file = files.emplace_back(
        CheckedFile{.partition = {}, .file = "meta.properties", .kind = "owner"});
    const auto found = read_meta_properties(disk, directory);
    if (!found)
        file.damage = found.error().where;
    else if (!*found)
        file.note = "missing: the directory is not formatted";
    else
        file.entries = 1;
}

}  // namespace

size_t DirectoryCheck::damaged() const {
    size_t count = 0;
    for (const CheckedFile& file : files) count += file.damage.empty() ? 0 : 1;
    return count;
}

uint64_t DirectoryCheck::bytes() const {
    uint64_t sum = 0;
    for (const CheckedFile& file : files) sum += file.bytes;
    return sum;
}

Result<DirectoryCheck> check_directory(Disk& disk, const std::string& path,
                                       const std::function<void(uint64_t bytes)>& progress) {
    TRY_ASSIGN(const auto entries, disk.list(path));
    DirectoryCheck check;
    TRY_ASSIGN(const auto marker, read_clean_shutdown(disk, path));
    check.clean_shutdown = marker.has_value();
    check_properties(disk, path, check.files);
    Checkpoints checkpoints;
    check_checkpoint(disk, path, recovery_point_checkpoint, checkpoints.recovery_points,
                     check.files);
    check_checkpoint(disk, path, log_start_checkpoint, checkpoints.log_starts, check.files);
    check_checkpoint(disk, path, high_watermark_checkpoint, checkpoints.high_watermarks,
                     check.files);
    uint64_t bytes_read = 0;
    for (const DirectoryEntry& entry : entries) {
        const DirectoryKind kind = kind_of_directory(entry.name);
        if (!entry.is_directory) continue;
        if (kind != DirectoryKind::partition && kind != DirectoryKind::metadata) continue;
        const auto of = parse_directory_name(entry.name);
        if (!of) continue;
        PartitionCheckOptions options;
        options.directory = path + "/" + entry.name;
        options.name = entry.name;
        options.clean_shutdown = check.clean_shutdown;
        options.checkpointed.recovery_point = at(checkpoints.recovery_points, *of);
        options.checkpointed.log_start_offset = at(checkpoints.log_starts, *of);
        options.checkpointed.high_watermark = at(checkpoints.high_watermarks, *of);
        options.on_read = [&](uint64_t more) { progress(bytes_read += more); };
        TRY_ASSIGN(const Offset end, check_partition(disk, options, check.files));
        ++check.partitions;
        const Offset start = options.checkpointed.log_start_offset;
        if (start <= end) continue;
        check.files.push_back(
            {.partition = entry.name, .file = log_start_checkpoint, .kind = "start"});
        check.files.back().note = fmt::format(
            "starts at {}, beyond its end at {}: starts empty there", start.value, end.value);
    }
    return check;
}

}  // namespace barnabas::storage
