// SPDX-License-Identifier: Apache-2.0
// Whole-file helpers over any Disk: bounded reading, and replacement that survives a crash.
#include "base/disk.h"

#include <cerrno>

namespace barnabas {
namespace {

std::string parent_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::vector<uint8_t>> Disk::read_file(const std::string& path, uint64_t size_max) {
    TRY_ASSIGN(const auto file, open(path, OpenMode::read));
    TRY_ASSIGN(const uint64_t size, file->size());
    if (size > size_max) return fail(ErrorCode::kafka_storage_error, "read_file size", EFBIG);
    std::vector<uint8_t> content(size);
    TRY_ASSIGN(const size_t count, file->read_at(0, content));
    content.resize(count);
    return content;
}

Result<void> Disk::replace_file(const std::string& path, Bytes content) {
    const std::string temporary = path + ".tmp";
    {
        TRY_ASSIGN(const auto file, open(temporary, OpenMode::create_or_open));
        TRY(file->truncate(0));
        TRY(file->write_at(0, {&content, 1}));
        TRY(file->sync());
    }
    TRY(rename(temporary, path));
    return sync_directory(parent_of(path));
}

}  // namespace barnabas
