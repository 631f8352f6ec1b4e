// SPDX-License-Identifier: Apache-2.0
// Tidying a partition's directory at start-up.
#include "storage/log_files.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "base/log_line.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

struct NamedFile {
    std::string name;
    SegmentFileName parsed;
};

class Tidying {
  public:
    Tidying(Disk& disk, const std::string& directory) : disk_(disk), directory_(directory) {}

    Result<LogFiles> run() {
        TRY(list());
        TRY(remove_unwanted());
        TRY(finish_swaps());
        if (changed_) TRY(list());
        TRY(remove_orphans());
        if (changed_) TRY(disk_.sync_directory(directory_));
        return result_;
    }

  private:
    std::string path(const std::string& name) const { return directory_ + "/" + name; }

    Result<void> list() {
        files_.clear();
        TRY_ASSIGN(const auto entries, disk_.list(directory_));
        for (const DirectoryEntry& entry : entries) {
            if (entry.is_directory) continue;
            if (auto parsed = parse_file_name(entry.name)) files_.push_back({entry.name, *parsed});
        }
        return {};
    }

    Result<void> remove(const NamedFile& file) {
        log_info("storage", "removing {}, left by an interrupted change", path(file.name));
        changed_ = true;
        return remove_if_present(disk_, path(file.name));
    }

    // A replacement is complete when none of its outputs is still called .cleaned.
    Result<void> remove_unwanted() {
        Offset first_cleaned{std::numeric_limits<int64_t>::max()};
        for (const NamedFile& file : files_)
            if (file.parsed.stage == FileStage::cleaned)
                first_cleaned = std::min(first_cleaned, file.parsed.base_offset);
        // Unfinished swaps first: without a .cleaned file they would pass for finished ones.
        for (const NamedFile& file : files_)
            if (file.parsed.stage == FileStage::swap && file.parsed.base_offset >= first_cleaned)
                TRY(remove(file));
        if (changed_) TRY(disk_.sync_directory(directory_));
        for (const NamedFile& file : files_)
            if (file.parsed.stage == FileStage::cleaned || file.parsed.stage == FileStage::deleted)
                TRY(remove(file));
        std::erase_if(files_, [&](const NamedFile& file) {
            const FileStage stage = file.parsed.stage;
            return stage == FileStage::cleaned || stage == FileStage::deleted ||
                   (stage == FileStage::swap && file.parsed.base_offset >= first_cleaned);
        });
        return {};
    }

    // Removes the segments that the finished .swap segments replace, then gives those their names.
    Result<void> finish_swaps() {
        std::optional<Offset> first, end;
        for (const NamedFile& file : files_) {
            if (file.parsed.stage != FileStage::swap || file.parsed.kind != FileKind::log) continue;
            TRY_ASSIGN(const Offset next, end_of(file));
            first = std::min(first.value_or(file.parsed.base_offset), file.parsed.base_offset);
            end = std::max(end.value_or(next), next);
        }
        for (const NamedFile& file : files_) {
            const SegmentFileName& name = file.parsed;
            const bool is_segment_file = name.kind != FileKind::producer_snapshot;
            if (name.stage == FileStage::live && is_segment_file && first &&
                name.base_offset >= *first && name.base_offset < *end)
                TRY(remove(file));
        }
        if (changed_) TRY(disk_.sync_directory(directory_));
        // The indexes first: a .log.swap that is still there says what the swap replaces.
        for (const bool logs : {false, true}) {
            for (const NamedFile& file : files_) {
                if (file.parsed.stage != FileStage::swap) continue;
                if ((file.parsed.kind == FileKind::log) != logs) continue;
                changed_ = true;
                TRY(disk_.rename(path(file.name),
                                 file_path(directory_, file.parsed.base_offset, file.parsed.kind)));
            }
        }
        return {};
    }

    Result<Offset> end_of(const NamedFile& file) {
        TRY_ASSIGN(const auto opened, disk_.open(path(file.name), OpenMode::read));
        TRY_ASSIGN(const uint64_t size, opened->size());
        BatchScanner scanner(*opened, 0, size, ReadMode::blocking);
        Offset end = file.parsed.base_offset;
        while (true) {
            const auto place = scanner.next();
            if (!place && place.error().code != ErrorCode::corrupt_message)
                return std::unexpected(place.error());
            if (!place || !*place) return end;
            end = (*place)->header.next_offset();
        }
    }

    Result<void> remove_orphans() {
        for (const NamedFile& file : files_) {
            if (file.parsed.stage != FileStage::live) continue;
            if (file.parsed.kind == FileKind::log)
                result_.segments.push_back(file.parsed.base_offset);
            if (file.parsed.kind == FileKind::producer_snapshot)
                result_.snapshots.push_back(file.parsed.base_offset);
        }
        std::ranges::sort(result_.segments);
        std::ranges::sort(result_.snapshots);
        for (const NamedFile& file : files_) {
            const FileKind kind = file.parsed.kind;
            const bool is_index = kind != FileKind::log && kind != FileKind::producer_snapshot;
            if (is_index && !std::ranges::binary_search(result_.segments, file.parsed.base_offset))
                TRY(remove(file));
        }
        return {};
    }

    Disk& disk_;
    const std::string& directory_;
    std::vector<NamedFile> files_;
    LogFiles result_;
    bool changed_ = false;
};

}  // namespace

Result<LogFiles> tidy_directory(Disk& disk, const std::string& directory) {
    return Tidying(disk, directory).run();
}

Result<void> remove_segment_files(Disk& disk, const std::string& directory, Offset base) {
    for (const FileKind kind : segment_kinds)
        TRY(remove_if_present(disk, file_path(directory, base, kind)));
    return {};
}

Result<void> remove_if_present(Disk& disk, const std::string& path) {
    auto removed = disk.remove(path);
    if (!removed && removed.error().os_error == ENOENT) return {};
    return removed;
}

}  // namespace barnabas::storage
