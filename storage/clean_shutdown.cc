// SPDX-License-Identifier: Apache-2.0
// The clean-shutdown marker; see the header.
#include "storage/clean_shutdown.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>

namespace barnabas::storage {
namespace {

constexpr uint64_t marker_size_max = 4096;

std::string marker_path(const std::string& directory) {
    return directory + "/" + clean_shutdown_file;
}

}  // namespace

std::string format_clean_shutdown(const CleanShutdown& marker) {
    return R"({"version":0,"brokerEpoch":)" + std::to_string(marker.broker_epoch) + "}";
}

CleanShutdown parse_clean_shutdown(std::string_view text) {
    boost::system::error_code error;
    const auto value = boost::json::parse(text, error);
    if (error || !value.is_object()) return {};
    const auto* epoch = value.as_object().if_contains("brokerEpoch");
    if (epoch == nullptr || !epoch->is_int64()) return {};
    return {.broker_epoch = epoch->as_int64()};
}

Result<std::optional<CleanShutdown>> read_clean_shutdown(Disk& disk, const std::string& directory) {
    const auto content = disk.read_file(marker_path(directory), marker_size_max);
    if (content) return parse_clean_shutdown(as_text(*content));
    if (content.error().os_error == ENOENT) return std::nullopt;
    return std::unexpected(content.error());
}

Result<void> remove_clean_shutdown(Disk& disk, const std::string& directory) {
    const auto removed = disk.remove(marker_path(directory));
    if (!removed && removed.error().os_error != ENOENT) return removed;
    return disk.sync_directory(directory);
}

Result<void> write_clean_shutdown(Disk& disk, const std::string& directory,
                                  const CleanShutdown& marker) {
    const std::string text = format_clean_shutdown(marker);
    return disk.replace_file(marker_path(directory), as_bytes(text));
}

}  // namespace barnabas::storage
