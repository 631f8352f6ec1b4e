// SPDX-License-Identifier: Apache-2.0
// Reading and writing of meta.properties; see the header.
#include "storage/meta_properties.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t file_size_max = 64 << 10;

std::string path_of(const std::string& directory) {
    return directory + "/meta.properties";
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
}

std::string_view without_leading_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}

std::string_view take_natural_line(std::string_view& rest) {
    const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    rest.remove_prefix(rest.starts_with("\r\n") ? 2 : rest.empty() ? 0 : 1);
    return line;
}

// An odd number of backslashes at the end: the line goes on in the next one.
bool is_continued(std::string_view line) {
    size_t count = 0;
    while (count < line.size() && line[line.size() - 1 - count] == '\\') ++count;
    return count % 2 == 1;
}

void append_utf8(std::string& text, uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        text += static_cast<char>(0xE0 | (code >> 12));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    }
}

std::string unescape(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        const char c = text[++i];
        uint32_t code = 0;
        if (c == 'u' && i + 4 < text.size() &&
            std::from_chars(&text[i + 1], &text[i] + 5, code, 16).ptr == &text[i] + 5) {
            append_utf8(plain, code);
            i += 4;
        } else if (c == 't' || c == 'n' || c == 'r' || c == 'f') {
            plain += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\f';
        } else {
            plain += c;
        }
    }
    return plain;
}

// Java's reader takes these characters back to themselves.
std::string escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\\' || c == '=' || c == ':' || c == '#' || c == '!' || c == ' ') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

// The end of the key: the first '=', ':' or blank that no backslash precedes.
size_t key_size(std::string_view line) {
    size_t i = 0;
    while (i < line.size() && line[i] != '=' && line[i] != ':' && !is_blank(line[i]))
        i += line[i] == '\\' ? 2 : 1;
    return std::min(i, line.size());
}

void add_property(std::map<std::string, std::string>& into, std::string_view line) {
    const size_t size = key_size(line);
    std::string_view value = without_leading_blanks(line.substr(size));
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
        value.remove_prefix(1);
        value = without_leading_blanks(value);
    }
    into[unescape(line.substr(0, size))] = unescape(value);
}

std::unexpected<Error> malformed(const char* where) {
    return fail(ErrorCode::corrupt_message, where);
}

}  // namespace

std::map<std::string, std::string> parse_properties(std::string_view text) {
    std::map<std::string, std::string> properties;
    while (!text.empty()) {
        const std::string_view first = without_leading_blanks(take_natural_line(text));
        if (first.empty() || first.front() == '#' || first.front() == '!') continue;
        std::string line(first);
        while (is_continued(line) && !text.empty()) {
            line.pop_back();
            line += without_leading_blanks(take_natural_line(text));
        }
        add_property(properties, line);
    }
    return properties;
}

std::string format_meta_properties(const MetaProperties& properties) {
    ASSERT(properties.node_id.value >= 0);
    ASSERT(!properties.cluster_id.empty() && !properties.directory_id.is_zero());
    return "#\nnode.id=" + std::to_string(properties.node_id.value) +
           "\ndirectory.id=" + properties.directory_id.str() +
           "\nversion=1\ncluster.id=" + escape(properties.cluster_id) + "\n";
}

Result<MetaProperties> parse_meta_properties(std::string_view text) {
    auto found = parse_properties(text);
    if (found["version"] != "1") return malformed("meta.properties: version is not 1");
    MetaProperties properties;
    properties.cluster_id = found["cluster.id"];
    if (properties.cluster_id.empty()) return malformed("meta.properties: no cluster.id");
    const std::string& node = found["node.id"];
    const char* end = node.data() + node.size();
    const auto [stop, error] = std::from_chars(node.data(), end, properties.node_id.value);
    if (error != std::errc{} || stop != end || properties.node_id.value < 0)
        return malformed("meta.properties: node.id is not a number");
    if (const std::string& directory = found["directory.id"]; !directory.empty()) {
        const auto id = Uuid::parse(directory);
        if (!id || id->is_zero()) return malformed("meta.properties: bad directory.id");
        properties.directory_id = *id;
    }
    return properties;
}

Result<std::optional<MetaProperties>> read_meta_properties(Disk& disk,
                                                           const std::string& directory) {
    const auto content = disk.read_file(path_of(directory), file_size_max);
    if (!content && content.error().os_error == ENOENT) return std::nullopt;
    if (!content) return std::unexpected(content.error());
    TRY_ASSIGN(auto properties, parse_meta_properties(as_text(*content)));
    return properties;
}

Result<void> write_meta_properties(Disk& disk, const std::string& directory,
                                   const MetaProperties& properties) {
    const std::string text = format_meta_properties(properties);
    return disk.replace_file(path_of(directory), as_bytes(text));
}

}  // namespace barnabas::storage
