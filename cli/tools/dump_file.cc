// SPDX-License-Identifier: Apache-2.0
// See dump_file.h.
#include "cli/tools/dump_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/asio/posix_disk.h"
#include "cli/client/failure.h"

namespace barnabas::cli {

DumpFile::DumpFile(std::string path, bool base_needed) : path_(std::move(path)) {
    const auto stem = std::filesystem::path(path_).stem().string();
    const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), base_);
    if (base_needed && (parsed.ec != std::errc() || stem.size() < 20))
        refuse("the name of a segment's file begins with 20 digits, its first offset");
    PosixDisk disk;
    auto file = disk.open(path_, OpenMode::read);
    if (!file) refuse(std::strerror(file.error().os_error));
    file_ = std::move(*file);
    const auto size = file_->size();
    if (!size) refuse(std::strerror(size.error().os_error));
    size_ = *size;
}

void DumpFile::refuse(std::string_view why) const {
    throw Failure(ErrorCode::kafka_storage_error, fmt::format("{}: {}", path_, why));
}

std::string DumpFile::absolute() const {
    return std::filesystem::absolute(path_).string();
}

std::string DumpFile::sibling(std::string_view extension) const {
    return std::filesystem::path(path_).replace_extension(extension).string();
}

void DumpFile::read(uint64_t position, MutableBytes into) const {
    const auto got = file_->read_at(position, into);
    if (!got) refuse(std::strerror(got.error().os_error));
    if (*got < into.size()) refuse(fmt::format("ends in the middle at {}", position));
}

std::vector<uint8_t> DumpFile::read_everything() const {
    std::vector<uint8_t> bytes(static_cast<size_t>(size_));
    if (!bytes.empty()) read(0, bytes);
    return bytes;
}

std::optional<protocol::BatchView> DumpFile::batch_at(uint64_t position,
                                                      std::vector<uint8_t>& bytes) const {
    std::array<uint8_t, protocol::batch_header_size> first{};
    if (position > size_ || size_ - position < first.size()) return std::nullopt;
    read(position, first);
    const auto header = protocol::BatchHeader::decode(first);
    if (!header || static_cast<uint64_t>(header->size()) > size_ - position) return std::nullopt;
    bytes.resize(static_cast<size_t>(header->size()));
    read(position, bytes);
    const auto batch = protocol::BatchView::parse(bytes);
    if (!batch) refuse(batch.error().where);
    return *batch;
}

}  // namespace barnabas::cli
