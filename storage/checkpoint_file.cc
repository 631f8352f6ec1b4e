// SPDX-License-Identifier: Apache-2.0
// Reading and writing of checkpoint files; see the header.
#include "storage/checkpoint_file.h"

#include <cerrno>
#include <charconv>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/directory_names.h"

namespace barnabas::storage {
namespace {

// A line of the longest topic name has 280 characters; this allows more partitions than a node has.
constexpr uint64_t checkpoint_size_max = 256u << 20;

template <class Int>
bool parse_number(std::string_view text, Int& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end;
}

// Takes the next line off `rest`, without its line feed. False at the end, and for a line that has
// no line feed: writers end each line with one, so the file was cut.
bool take_line(std::string_view& rest, std::string_view& line) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return true;
}

std::unexpected<Error> malformed(const char* where) {
    return fail(ErrorCode::corrupt_message, where);
}

Result<std::pair<TopicPartition, Offset>> parse_entry(std::string_view line) {
    const size_t second = line.rfind(' ');
    if (second == std::string_view::npos || second == 0) return malformed("checkpoint line");
    const size_t first = line.rfind(' ', second - 1);
    if (first == std::string_view::npos) return malformed("checkpoint line");
    TopicPartition of{std::string(line.substr(0, first)), PartitionIndex{-1}};
    Offset offset = offset_none;
    if (!is_valid_topic_name(of.topic)) return malformed("checkpoint topic");
    if (!parse_number(line.substr(first + 1, second - first - 1), of.partition.value))
        return malformed("checkpoint partition");
    if (!parse_number(line.substr(second + 1), offset.value)) return malformed("checkpoint offset");
    if (of.partition.value < 0 || offset.value < 0) return malformed("checkpoint number");
    return std::pair{std::move(of), offset};
}

}  // namespace

std::string format_checkpoint(const CheckpointEntries& entries) {
    std::string text = "0\n" + std::to_string(entries.size()) + "\n";
    for (const auto& [of, offset] : entries) {
        ASSERT(offset.value >= 0 && of.partition.value >= 0);
        text += of.topic + " " + std::to_string(of.partition.value) + " " +
                std::to_string(offset.value) + "\n";
    }
    return text;
}

Result<CheckpointEntries> parse_checkpoint(std::string_view text) {
    CheckpointEntries entries;
    if (text.empty()) return entries;
    std::string_view line;
    if (!take_line(text, line) || line != "0") return malformed("checkpoint version");
    uint64_t count = 0;
    if (!take_line(text, line) || !parse_number(line, count)) return malformed("checkpoint count");
    while (take_line(text, line)) {
        TRY_ASSIGN(auto entry, parse_entry(line));
        if (!entries.insert(std::move(entry)).second) return malformed("checkpoint line twice");
    }
    if (!text.empty() || entries.size() != count) return malformed("checkpoint cut");
    return entries;
}

Result<CheckpointEntries> read_checkpoint(Disk& disk, const std::string& path) {
    const auto content = disk.read_file(path, checkpoint_size_max);
    if (!content && content.error().os_error == ENOENT) return CheckpointEntries{};
    if (!content) return std::unexpected(content.error());
    auto entries = parse_checkpoint(as_text(*content));
    if (entries) return entries;
    log_warn("storage", "checkpoint {} is damaged ({}) and will be rebuilt from the logs", path,
             entries.error().where);
    return CheckpointEntries{};
}

Result<void> write_checkpoint(Disk& disk, const std::string& path,
                              const CheckpointEntries& entries) {
    const std::string text = format_checkpoint(entries);
    return disk.replace_file(path, as_bytes(text));
}

}  // namespace barnabas::storage
