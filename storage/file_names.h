// SPDX-License-Identifier: Apache-2.0
// Names of the files in a partition's directory, as Kafka writes them: twenty digits of the base
// offset, a kind, and for files on their way in or out one more suffix. Never touches a disk.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace barnabas::storage {

enum class FileKind { log, offset_index, time_index, txn_index, producer_snapshot };
// What a segment is made of.
inline constexpr std::array segment_kinds{FileKind::log, FileKind::offset_index,
                                          FileKind::time_index, FileKind::txn_index};
// deleted: to be unlinked after the delete delay. cleaned: a compaction's unfinished output.
// swap: finished output that has not yet replaced the segments that it was made from.
enum class FileStage { live, deleted, cleaned, swap };

struct SegmentFileName {
    Offset base_offset;
    FileKind kind = FileKind::log;
    FileStage stage = FileStage::live;
    friend bool operator==(const SegmentFileName&, const SegmentFileName&) = default;
};

inline constexpr std::string_view deleted_suffix = ".deleted";
inline constexpr std::string_view cleaned_suffix = ".cleaned";
inline constexpr std::string_view swap_suffix = ".swap";
inline constexpr std::string_view epoch_checkpoint_name = "leader-epoch-checkpoint";

// "00000000000000000042.timeindex".
std::string file_name(Offset base_offset, FileKind kind);
// "<directory>/00000000000000000042.timeindex".
std::string file_path(const std::string& directory, Offset base_offset, FileKind kind);
// nullopt for every name that file_name() and the stages' suffixes cannot make.
std::optional<SegmentFileName> parse_file_name(std::string_view name);

}  // namespace barnabas::storage
