// SPDX-License-Identifier: Apache-2.0
// JSON as Kafka's own converters print it, Java's ways with doubles and bad UTF-8 included.
#include "protocol/json_writer.h"

#include <charconv>
#include <cmath>

#include "base/assert.h"

namespace barnabas::protocol {

namespace {

// The length of the UTF-8 sequence at the start of `text`, 0 if it is not one (RFC 3629).
size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    if (first < 0x80) return 1;
    const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const uint8_t second = byte(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second >= 0xa0;
    const bool beyond = first == 0xf4 && second >= 0x90;
    return overlong || surrogate || beyond ? 0 : size;
}

void append_escaped(std::string& out, char c) {
    constexpr char hex[] = "0123456789ABCDEF";
    const auto code = static_cast<uint8_t>(c);
    out += "\\u00";
    out += hex[code >> 4];
    out += hex[code & 15];
}

}  // namespace

std::string base64(Bytes bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t have = std::min<size_t>(3, bytes.size() - i);
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? bytes[i + k] : 0u);
        for (size_t k = 0; k < 4; ++k) out += k <= have ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::string java_double(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
    char buffer[40];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
    if (text.find('.') == text.npos) {  // Java never prints fewer than two digits
        end =
            std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, 1);
        text = {buffer, static_cast<size_t>(end.ptr - buffer)};
    }
    const size_t e = text.find('e');
    ASSERT(e != text.npos, "scientific form has an exponent");
    int exponent = 0;
    const size_t digits_at = e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
    const std::string mantissa(text.substr(0, e));
    if (exponent < -3 || exponent >= 7) return mantissa + "E" + std::to_string(exponent);

    const bool negative = value < 0;
    std::string digits;
    for (char c : mantissa)
        if (c >= '0' && c <= '9') digits += c;
    if (exponent < 0) {
        digits.insert(0, static_cast<size_t>(-exponent), '0');
        exponent = 0;
    }
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() < whole + 1) digits.append(whole + 1 - digits.size(), '0');
    digits.insert(whole, ".");
    while (digits.back() == '0' && digits[digits.size() - 2] != '.') digits.pop_back();
    return (negative ? "-" : "") + digits;
}

void JsonWriter::new_line() {
    if (layout_ == Layout::one_line) return;
    text_ += '\n';
    text_.append(2 * depth_, ' ');
}

void JsonWriter::separate() {
    if (after_name_) {
        after_name_ = false;
        return;
    }
    if (!first_) text_ += ',';
    if (depth_ > 0) new_line();
    first_ = false;
}

void JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    ++depth_;
    first_ = true;
}

void JsonWriter::close(char bracket) {
    ASSERT(depth_ > 0, "every close has its open");
    --depth_;
    if (!first_) new_line();
    text_ += bracket;
    first_ = false;
}

void JsonWriter::name(const char* name) {
    separate();
    quoted(name);
    text_ += layout_ == Layout::one_line ? ":" : ": ";
    after_name_ = true;
}

void JsonWriter::null() {
    separate();
    text_ += "null";
}

void JsonWriter::value(bool value) {
    separate();
    text_ += value ? "true" : "false";
}

void JsonWriter::number(int64_t value) {
    separate();
    text_ += std::to_string(value);
}

void JsonWriter::value(double value) {
    separate();
    const std::string text = java_double(value);
    if (std::isfinite(value))
        text_ += text;
    else
        quoted(text);
}

void JsonWriter::value(const Uuid& value) {
    separate();
    quoted(value.str());
}

void JsonWriter::value(const Text& value) {
    separate();
    quoted(value.view());
}

void JsonWriter::value(const Blob& value) {
    separate();
    quoted(base64(value.view()));
}

void JsonWriter::value(const Records& value) {
    separate();
    if (value.in_files())
        quoted("<" + std::to_string(value.size()) + " bytes of a file>");
    else
        quoted(base64(value.view()));
}

void JsonWriter::quoted(std::string_view text) {
    text_ += '"';
    while (!text.empty()) {
        const char c = text.front();
        const size_t size = utf8_sequence(text);
        if (c == '"' || c == '\\')
            (text_ += '\\') += c;
        else if (c == '\n')
            text_ += "\\n";
        else if (c == '\r')
            text_ += "\\r";
        else if (c == '\t')
            text_ += "\\t";
        else if (c == '\b')
            text_ += "\\b";
        else if (c == '\f')
            text_ += "\\f";
        else if (static_cast<uint8_t>(c) < 0x20)
            append_escaped(text_, c);
        else if (size == 0)
            text_ += "\xef\xbf\xbd";
        else
            text_ += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    text_ += '"';
}

void JsonWriter::unknown_tags(const std::vector<UnknownTag>& unknown) {
    if (unknown.empty()) return;
    name("_unknownTaggedFields");
    begin_array();
    for (const UnknownTag& tag : unknown) {
        begin_object();
        field("tag", tag.tag);
        field("data", tag.data);
        end_object();
    }
    end_array();
}

}  // namespace barnabas::protocol
