// SPDX-License-Identifier: Apache-2.0
// Reading and replacing the files of a metadata log. A file that is damaged is reported, never
// guessed at.
#include "cluster/quorum_files.h"

#include <algorithm>

namespace barnabas::cluster {

namespace {

constexpr uint64_t state_bytes_max = 1 << 16;
constexpr uint64_t snapshot_bytes_max = 4ull << 30;

std::string parent_of(const std::string& directory) {
    const size_t slash = directory.find_last_of('/');
    return slash == std::string::npos ? "." : directory.substr(0, slash);
}

// What a crash in the middle of replacing a file leaves; ".part" is what Kafka leaves.
bool is_leftover(const std::string& name) {
    const bool partial = name.ends_with(".tmp") || name.ends_with(".part");
    return partial &&
           (name.find(".checkpoint") != std::string::npos || name.starts_with(quorum_state_file));
}

Result<LoadedSnapshot> load_snapshot(Disk& disk, const std::string& directory,
                                     const SnapshotId& id) {
    LoadedSnapshot loaded;
    loaded.id = id;
    TRY_ASSIGN(loaded.bytes,
               disk.read_file(directory + "/" + snapshot_file_name(id), snapshot_bytes_max));
    TRY_ASSIGN(loaded.content, parse_snapshot(loaded.bytes));
    return loaded;
}

Result<void> load_newest_snapshot(Disk& disk, const std::string& directory, QuorumFiles& files) {
    for (auto id = files.snapshots.rbegin(); id != files.snapshots.rend(); ++id) {
        auto loaded = load_snapshot(disk, directory, *id);
        if (loaded) {
            files.snapshot = std::move(*loaded);
            return {};
        }
        // Only damage lets us look at an older one: a disk that fails, or a newer format, does not.
        if (loaded.error().code != ErrorCode::corrupt_message)
            return std::unexpected(loaded.error());
        files.damaged.push_back(*id);
    }
    return {};
}

Result<void> load_bootstrap(Disk& disk, const std::string& directory, QuorumFiles& files) {
    const std::string path = parent_of(directory) + "/" + bootstrap_file;
    TRY_ASSIGN(const bool exists, disk.exists(path));
    if (!exists) return {};
    TRY_ASSIGN(const auto bytes, disk.read_file(path, snapshot_bytes_max));
    TRY_ASSIGN(const ParsedSnapshot parsed, parse_snapshot(bytes));
    files.bootstrap.emplace();
    for (const CommittedRecord& record : parsed.records)
        files.bootstrap->emplace_back(record.value.begin(), record.value.end());
    return {};
}

}  // namespace

Result<QuorumFiles> load_quorum_files(Disk& disk, const std::string& directory) {
    QuorumFiles files;
    TRY_ASSIGN(const auto entries, disk.list(directory));
    for (const DirectoryEntry& entry : entries) {
        if (entry.is_directory) continue;
        if (is_leftover(entry.name)) TRY(disk.remove(directory + "/" + entry.name));
        if (const auto id = parse_snapshot_file_name(entry.name)) files.snapshots.push_back(*id);
        if (entry.name != quorum_state_file) continue;
        TRY_ASSIGN(const auto bytes, disk.read_file(directory + "/" + entry.name, state_bytes_max));
        TRY_ASSIGN(files.state, parse_quorum_state(as_text(bytes)));
    }
    std::ranges::sort(files.snapshots);
    TRY(load_newest_snapshot(disk, directory, files));
    TRY(load_bootstrap(disk, directory, files));
    return files;
}

Result<void> save_quorum_state(Disk& disk, const std::string& directory, const QuorumState& state) {
    const std::string text = write_quorum_state(state);
    return disk.replace_file(directory + "/" + quorum_state_file, as_bytes(text));
}

Result<void> save_snapshot(Disk& disk, const std::string& directory, const SnapshotId& id,
                           Bytes content) {
    return disk.replace_file(directory + "/" + snapshot_file_name(id), content);
}

Result<void> remove_snapshots_before(Disk& disk, const std::string& directory,
                                     const SnapshotId& id) {
    TRY_ASSIGN(const auto entries, disk.list(directory));
    for (const DirectoryEntry& entry : entries) {
        const auto found = parse_snapshot_file_name(entry.name);
        if (found && *found < id) TRY(disk.remove(directory + "/" + entry.name));
    }
    return {};
}

Result<void> save_bootstrap(Disk& disk, const std::string& directory, Bytes content) {
    return disk.replace_file(parent_of(directory) + "/" + bootstrap_file, content);
}

}  // namespace barnabas::cluster
