// SPDX-License-Identifier: Apache-2.0
// Hex in, JSON out; and the check of whole files of vectors. Reads the one file it is given, writes
// none.
#include "protocol/wire_tool.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <ostream>

#include "base/assert.h"
#include "protocol/message.h"

namespace barnabas::protocol {

namespace {

constexpr size_t columns = 7;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

template <class Int>
std::optional<Int> parse_number(std::string_view text) {
    Int value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "... at 17: got <...> want <...>", a few characters around the first difference.
std::string difference(const char* what, std::string_view got, std::string_view want) {
    const auto [g, w] = std::mismatch(got.begin(), got.end(), want.begin(), want.end());
    const auto at = static_cast<size_t>(g - got.begin());
    const size_t from = at < 20 ? 0 : at - 20;
    return std::string(what) + " differs at " + std::to_string(at) + ": got <" +
           std::string(got.substr(from, 60)) + "> want <" + std::string(want.substr(from, 60)) +
           ">";
}

// The frame without its length, if it begins with one.
Bytes without_length(Bytes frame) {
    if (frame.size() >= 4 && load_be<uint32_t>(frame.data()) == frame.size() - 4)
        return frame.subspan(4);
    return frame;
}

std::string join_frame(const std::string& header, const std::string& body) {
    return "{\"header\":" + header + ",\"body\":" + body + "}";
}

template <class Header>
Result<std::string> header_json(Bytes frame, int16_t version, JsonWriter::Layout layout,
                                size_t* used) {
    TRY_ASSIGN(const Header header, decode_message<Header>(frame, version, used));
    JsonWriter json(layout);
    header.to_json(json, version);
    return std::move(json).text();
}

using Columns = std::array<std::string_view, columns>;

std::optional<Columns> split_columns(std::string_view line) {
    Columns found;
    for (size_t i = 0; i + 1 < columns; ++i) {
        const size_t tab = line.find('\t');
        if (tab == line.npos) return std::nullopt;
        found[i] = line.substr(0, tab);
        line.remove_prefix(tab + 1);
    }
    found[columns - 1] = line;
    return found;
}

// Lines of a plain or gzip file, one after another.
class LineReader {
  public:
    explicit LineReader(const std::string& path) : file_(gzopen(path.c_str(), "rb"), gzclose) {}
    bool is_open() const { return file_ != nullptr; }
    bool failed() const { return failed_; }
    bool next(std::string& line) {
        ASSERT(file_ != nullptr, "is_open() comes first");
        line.clear();
        char buffer[1 << 14];
        while (gzgets(file_.get(), buffer, sizeof buffer)) {
            line += buffer;
            if (!line.empty() && line.back() == '\n') {
                line.pop_back();
                return true;
            }
        }
        int code = Z_OK;
        gzerror(file_.get(), &code);
        failed_ = code != Z_OK && code != Z_STREAM_END;
        return !line.empty() && !failed_;
    }

  private:
    std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
    bool failed_ = false;
};

}  // namespace

Result<std::vector<uint8_t>> parse_hex(std::string_view text) {
    std::vector<uint8_t> bytes;
    bytes.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size();) {
        if (is_space(text[i])) {
            ++i;
            continue;
        }
        const int high = hex_digit(text[i]);
        const int low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        if (high < 0 || low < 0) return fail(ErrorCode::invalid_request, "not hexadecimal");
        bytes.push_back(static_cast<uint8_t>(high << 4 | low));
        i += 2;
    }
    return bytes;
}

std::string to_hex(Bytes bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

const MessageEntry* find_for_person(std::string_view api, MessageKind kind) {
    if (const auto key = parse_number<int16_t>(api)) return find_message(*key, kind);
    for (const ApiInfo& info : api_infos)
        if (same_ignoring_case(info.name, api))
            return find_message(static_cast<int16_t>(info.key), kind);
    return find_message(api);
}

Result<std::string> decode_to_json(const MessageEntry& entry, Bytes body, int16_t version,
                                   JsonWriter::Layout layout) {
    const bool one_line = layout == JsonWriter::Layout::one_line;
    TRY_ASSIGN(Inspection seen,
               inspect(entry, body, version, one_line ? WantJson::one_line : WantJson::indented));
    if (seen.used != body.size())
        return fail(ErrorCode::invalid_request, "bytes are left after the message");
    return std::move(seen.json);
}

Result<std::string> decode_request_frame(Bytes frame, JsonWriter::Layout layout) {
    frame = without_length(frame);
    TRY_ASSIGN(const ParsedRequest parsed, parse_request(frame));
    const int16_t key = parsed.header.request_api_key;
    const int16_t version = parsed.header.request_api_version;
    const int16_t header_version = request_header_version(static_cast<ApiKey>(key), version);
    TRY_ASSIGN(const std::string header,
               header_json<RequestHeader>(frame, header_version, layout, nullptr));
    const MessageEntry* entry = find_message(key, MessageKind::request);
    if (!entry) return fail(ErrorCode::invalid_request, "unknown API key in the header");
    TRY_ASSIGN(const std::string body, decode_to_json(*entry, parsed.body, version, layout));
    return join_frame(header, body);
}

Result<std::string> decode_response_frame(const MessageEntry& entry, Bytes frame, int16_t version,
                                          JsonWriter::Layout layout) {
    ASSERT(entry.kind == MessageKind::response, "only responses have this header");
    frame = without_length(frame);
    size_t used = 0;
    const int16_t header_version =
        response_header_version(static_cast<ApiKey>(entry.number), version);
    TRY_ASSIGN(const std::string header,
               header_json<ResponseHeader>(frame, header_version, layout, &used));
    TRY_ASSIGN(const std::string body, decode_to_json(entry, frame.subspan(used), version, layout));
    return join_frame(header, body);
}

std::optional<std::string> check_vector(std::string_view line) {
    const auto column = split_columns(line);
    if (!column) return "not seven columns";
    const auto& [key, type, name, version_text, seed, hex, json] = *column;
    const MessageEntry* entry = find_message(name);
    if (!entry) return "no such message";
    const auto version = parse_number<int16_t>(version_text);
    if (!version || parse_number<int16_t>(key) != entry->number)
        return "version or number is not the message's";
    const auto body = parse_hex(hex);
    if (!body) return body.error().where;
    const auto seen = inspect(*entry, *body, *version, WantJson::one_line);
    if (!seen) return std::string("cannot be decoded: ") + seen.error().where;
    if (seen->used != body->size()) return "bytes are left after the message";
    if (seen->json != json) return difference("JSON", seen->json, json);
    if (seen->again != *body) return difference("hex", to_hex(seen->again), hex);
    if (!seen->stable) return "what was encoded decodes to something else";
    return std::nullopt;
}

Result<CheckCounts> check_file(const std::string& path, std::ostream& out) {
    LineReader lines(path);
    if (!lines.is_open()) return fail(ErrorCode::kafka_storage_error, "cannot open the file");
    CheckCounts counts;
    std::string line;
    for (size_t number = 1; lines.next(line); ++number) {
        if (line.empty() || line[0] == '#') continue;
        const auto wrong = check_vector(line);
        ++(wrong ? counts.failed : counts.passed);
        if (!wrong || counts.failed > differences_shown) continue;
        const auto column = split_columns(line).value_or(Columns{});
        out << "line " << number << ": " << column[2] << " v" << column[3] << ": " << *wrong
            << "\n";
    }
    if (lines.failed()) return fail(ErrorCode::kafka_storage_error, "cannot read the file");
    if (counts.failed > differences_shown)
        out << "... and " << counts.failed - differences_shown << " more\n";
    out << counts.passed << " passed, " << counts.failed << " failed\n";
    return counts;
}

}  // namespace barnabas::protocol
