// SPDX-License-Identifier: Apache-2.0
// Makes and takes apart the names of segment files.
#include "storage/file_names.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr size_t digits = 20;
// The offsets of a segment reach 2^31 beyond its base; none may overflow.
constexpr Offset base_offset_max{std::numeric_limits<int64_t>::max() - (int64_t{1} << 32)};
constexpr std::array<std::pair<FileKind, std::string_view>, 5> kind_suffixes{{
    {FileKind::log, ".log"},
    {FileKind::offset_index, ".index"},
    {FileKind::time_index, ".timeindex"},
    {FileKind::txn_index, ".txnindex"},
    {FileKind::producer_snapshot, ".snapshot"},
}};
constexpr std::array<std::pair<FileStage, std::string_view>, 4> stage_suffixes{{
    {FileStage::live, ""},
    {FileStage::deleted, deleted_suffix},
    {FileStage::cleaned, cleaned_suffix},
    {FileStage::swap, swap_suffix},
}};

}  // namespace

std::string file_name(Offset base_offset, FileKind kind) {
    ASSERT(base_offset.value >= 0);
    for (const auto& [candidate, suffix] : kind_suffixes)
        if (candidate == kind) return fmt::format("{:020}{}", base_offset.value, suffix);
    ASSERT(false, "every kind has a suffix");
}

std::string file_path(const std::string& directory, Offset base_offset, FileKind kind) {
    return directory + "/" + file_name(base_offset, kind);
}

std::optional<SegmentFileName> parse_file_name(std::string_view name) {
    if (name.size() <= digits) return std::nullopt;
    SegmentFileName parsed;
    const char* const end = name.data() + digits;
    const auto [stopped, error] = std::from_chars(name.data(), end, parsed.base_offset.value);
    if (error != std::errc{} || stopped != end || name[0] == '-') return std::nullopt;
    if (parsed.base_offset > base_offset_max) return std::nullopt;
    const std::string_view rest = name.substr(digits);
    for (const auto& [kind, kind_suffix] : kind_suffixes) {
        if (!rest.starts_with(kind_suffix)) continue;
        for (const auto& [stage, stage_suffix] : stage_suffixes) {
            if (rest.substr(kind_suffix.size()) != stage_suffix) continue;
            parsed.kind = kind;
            parsed.stage = stage;
            return parsed;
        }
    }
    return std::nullopt;
}

}  // namespace barnabas::storage
