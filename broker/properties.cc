// SPDX-License-Identifier: Apache-2.0
// See properties.h.
#include "broker/properties.h"

#include <charconv>

namespace barnabas::broker {

namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view skip_blanks(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

bool ends_in_continuation(std::string_view line) {
    size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
}

// The next logical line: continuations joined, leading blanks dropped, `text` moved behind it.
std::string take_logical_line(std::string_view& text) {
    std::string line;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto natural = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (natural.ends_with('\r')) natural.remove_suffix(1);
        natural = skip_blanks(natural);
        const bool comment = line.empty() && (natural.starts_with('#') || natural.starts_with('!'));
        if (comment) return {};
        if (!ends_in_continuation(natural)) return line.append(natural);
        line.append(natural.substr(0, natural.size() - 1));
    }
    return line;
}

void append_utf8(std::string& to, uint32_t code) {
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xC0 | (code >> 6));
        to += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        to += static_cast<char>(0xE0 | (code >> 12));
        to += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        to += static_cast<char>(0x80 | (code & 0x3F));
    }
}

Result<std::string> unescape(std::string_view text) {
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        const char escaped = text[++i];
        if (escaped == 'u') {
            uint32_t code = 0;
            const auto digits = text.substr(i + 1, 4);
            const auto [end, error] = std::from_chars(digits.begin(), digits.end(), code, 16);
            if (digits.size() != 4 || error != std::errc{} || end != digits.end())
                return fail(ErrorCode::invalid_config, "malformed \\uXXXX escape in properties");
            append_utf8(result, code);
            i += 4;
            continue;
        }
        constexpr std::string_view names = "tnrf", values = "\t\n\r\f";
        const auto known = names.find(escaped);
        result += known == std::string_view::npos ? escaped : values[known];
    }
    return result;
}

// Where the key ends: the first unescaped '=', ':' or blank.
size_t key_end(std::string_view line) {
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\')
            ++i;
        else if (line[i] == '=' || line[i] == ':' || blanks.contains(line[i]))
            return i;
    }
    return line.size();
}

}  // namespace

Result<std::map<std::string, std::string>> parse_properties(std::string_view text) {
    std::map<std::string, std::string> result;
    while (!text.empty()) {
        const std::string line = take_logical_line(text);
        if (line.empty()) continue;
        const size_t end = key_end(line);
        auto rest = skip_blanks(std::string_view(line).substr(end));
        if (rest.starts_with('=') || rest.starts_with(':')) rest = skip_blanks(rest.substr(1));
        TRY_ASSIGN(auto key, unescape(std::string_view(line).substr(0, end)));
        TRY_ASSIGN(auto value, unescape(rest));
        result[std::move(key)] = std::move(value);
    }
    return result;
}

}  // namespace barnabas::broker
