// SPDX-License-Identifier: Apache-2.0
// Reading and writing of partition.metadata; see the header.
#include "storage/partition_metadata.h"

#include <cerrno>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr const char* metadata_file = "/partition.metadata";
constexpr std::string_view first_line = "version: 0\n";
constexpr std::string_view id_key = "topic_id: ";
constexpr uint64_t file_size_max = 4096;

}  // namespace

std::string format_partition_metadata(const Uuid& topic_id) {
    ASSERT(!topic_id.is_zero(), "a topic without id has no such file");
    return std::string(first_line) + std::string(id_key) + topic_id.str();
}

Result<Uuid> parse_partition_metadata(std::string_view text) {
    if (!text.starts_with(first_line))
        return fail(ErrorCode::corrupt_message, "partition.metadata version");
    text.remove_prefix(first_line.size());
    if (!text.starts_with(id_key))
        return fail(ErrorCode::corrupt_message, "partition.metadata topic_id");
    text.remove_prefix(id_key.size());
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const auto id = Uuid::parse(text);
    if (!id || id->is_zero()) return fail(ErrorCode::corrupt_message, "partition.metadata id");
    return *id;
}

Result<std::optional<Uuid>> read_partition_metadata(Disk& disk, const std::string& directory) {
    const auto content = disk.read_file(directory + metadata_file, file_size_max);
    if (!content && content.error().os_error == ENOENT) return std::nullopt;
    if (!content) return std::unexpected(content.error());
    TRY_ASSIGN(const Uuid id, parse_partition_metadata(as_text(*content)));
    return id;
}

Result<void> write_partition_metadata(Disk& disk, const std::string& directory,
                                      const Uuid& topic_id) {
    const std::string text = format_partition_metadata(topic_id);
    const Bytes content = as_bytes(text);
    const std::string path = directory + metadata_file;
    const std::string temporary = path + ".tmp";
    TRY_ASSIGN(const auto file, disk.open(temporary, OpenMode::create_or_open));
    TRY(file->truncate(0));
    TRY(file->write_at(0, {&content, 1}));
    TRY(file->sync());
    return disk.rename(temporary, path);
}

}  // namespace barnabas::storage
