// SPDX-License-Identifier: Apache-2.0
// Parsing and making of directory names; see the header.
#include "storage/directory_names.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr std::string_view future_suffix = "-future";
constexpr size_t unique_digits = 32;

bool is_topic_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

std::string hex_of(const Uuid& id) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : id.bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

bool is_valid_topic_name(std::string_view topic) {
    if (topic.empty() || topic == "." || topic == "..") return false;
    return topic.size() <= topic_name_size_max && std::ranges::all_of(topic, is_topic_character);
}

TopicPartition metadata_partition() {
    return {std::string(metadata_topic_name), PartitionIndex{0}};
}

std::optional<TopicPartition> parse_directory_name(std::string_view name) {
    const size_t dash = name.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const std::string_view digits = name.substr(dash + 1);
    int32_t index = -1;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, index);
    if (error != std::errc{} || stop != end || index < 0) return std::nullopt;
    TopicPartition found{std::string(name.substr(0, dash)), PartitionIndex{index}};
    if (!is_valid_topic_name(found.topic)) return std::nullopt;
    if (found.directory_name() != name) return std::nullopt;
    return found;
}

std::optional<std::string> future_name(const TopicPartition& topic_partition, const Uuid& unique) {
    ASSERT(!unique.is_zero(), "two names must not meet");
    std::string name = topic_partition.directory_name() + "." + hex_of(unique);
    name += future_suffix;
    if (name.size() > directory_name_size_max) return std::nullopt;
    return name;
}

std::optional<TopicPartition> parse_future_name(std::string_view name) {
    if (!name.ends_with(future_suffix)) return std::nullopt;
    name.remove_suffix(future_suffix.size());
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot - 1 != unique_digits)
        return std::nullopt;
    return parse_directory_name(name.substr(0, dot));
}

DirectoryKind kind_of_directory(std::string_view name) {
    if (name.ends_with("-delete")) return DirectoryKind::deleted;
    if (name.ends_with("-stray")) return DirectoryKind::stray;
    if (name.ends_with(future_suffix)) return DirectoryKind::future;
    const auto found = parse_directory_name(name);
    if (!found) return DirectoryKind::other;
    return *found == metadata_partition() ? DirectoryKind::metadata : DirectoryKind::partition;
}

std::string aside_name(const TopicPartition& topic_partition, const Uuid& unique,
                       std::string_view suffix) {
    ASSERT(suffix == "delete" || suffix == "stray");
    ASSERT(!unique.is_zero(), "two names must not meet");
    const std::string tail = "-" + std::to_string(topic_partition.partition.value) + "." +
                             hex_of(unique) + "-" + std::string(suffix);
    const size_t topic_size_max = directory_name_size_max - tail.size();
    const std::string name = topic_partition.topic.substr(0, topic_size_max) + tail;
    ASSERT(name.size() <= directory_name_size_max);
    return name;
}

}  // namespace barnabas::storage
