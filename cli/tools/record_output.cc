// SPDX-License-Identifier: Apache-2.0
// See record_output.h.
#include "cli/tools/record_output.h"

#include <fmt/format.h>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

std::string setting(const Settings& settings, const std::string& key, std::string otherwise) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::move(otherwise) : found->second;
}

bool flag(const Settings& settings, const std::string& key, bool otherwise) {
    const auto text = setting(settings, key, otherwise ? "true" : "false");
    return text == "true" || text == "True" || text == "TRUE";
}

void refuse_deserializer(const Settings& settings, const std::string& key) {
    const auto name = setting(settings, key, "");
    if (name.empty() || name.ends_with("StringDeserializer") ||
        name.ends_with("ByteArrayDeserializer"))
        return;
    throw UsageFailure(
        fmt::format("{}={}: only strings and bytes can be printed, there is no Java "
                    "here",
                    key, name));
}

}  // namespace

Settings parse_settings(const std::vector<std::string>& texts) {
    Settings settings;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageFailure(fmt::format("Invalid property {}: expected key=value", text));
        settings[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return settings;
}

RecordFormat::RecordFormat(const Settings& settings)
    : timestamp_(flag(settings, "print.timestamp", false)),
      partition_(flag(settings, "print.partition", false)),
      offset_(flag(settings, "print.offset", false)),
      epoch_(flag(settings, "print.epoch", false)),
      headers_(flag(settings, "print.headers", false)),
      key_(flag(settings, "print.key", false)),
      value_(flag(settings, "print.value", true)),
      key_separator_(setting(settings, "key.separator", "\t")),
      line_separator_(setting(settings, "line.separator", "\n")),
      headers_separator_(setting(settings, "headers.separator", ",")),
      null_literal_(setting(settings, "null.literal", "null")) {
    for (const char* key : {"key.deserializer", "value.deserializer", "headers.deserializer"})
        refuse_deserializer(settings, key);
}

std::string RecordFormat::text(const ConsumedRecord& record) const {
    std::vector<std::string> parts;
    if (timestamp_)
        parts.push_back(record.timestamp < 0
                            ? "NO_TIMESTAMP"
                            : fmt::format("{}:{}",
                                          record.log_append_time ? "LogAppendTime" : "CreateTime",
                                          record.timestamp));
    if (partition_) parts.push_back(fmt::format("Partition:{}", record.partition->index));
    if (offset_) parts.push_back(fmt::format("Offset:{}", record.offset));
    if (epoch_) parts.push_back(fmt::format("Epoch:{}", record.leader_epoch));
    if (headers_) {
        std::string text;
        for (const auto& [key, value] : record.headers)
            text += fmt::format("{}{}:{}", text.empty() ? "" : headers_separator_, as_text(key),
                                value ? as_text(*value) : null_literal_);
        parts.push_back(record.headers.empty() ? "NO_HEADERS" : text);
    }
    if (key_) parts.emplace_back(record.key ? as_text(*record.key) : null_literal_);
    if (value_) parts.emplace_back(record.value ? as_text(*record.value) : null_literal_);
    std::string line;
    for (size_t i = 0; i < parts.size(); ++i) line += (i == 0 ? "" : key_separator_) + parts[i];
    return line + line_separator_;
}

LineFormat::LineFormat(const Settings& settings)
    : parse_key_(flag(settings, "parse.key", false)),
      parse_headers_(flag(settings, "parse.headers", false)),
      ignore_error_(flag(settings, "ignore.error", false)),
      key_separator_(setting(settings, "key.separator", "\t")),
      headers_delimiter_(setting(settings, "headers.delimiter", "\t")),
      headers_separator_(setting(settings, "headers.separator", ",")),
      headers_key_separator_(setting(settings, "headers.key.separator", ":")),
      null_marker_(setting(settings, "null.marker", "")) {}

std::vector<std::pair<std::string, std::string>> LineFormat::parse_headers(std::string_view text,
                                                                           int64_t number) const {
    std::vector<std::pair<std::string, std::string>> headers;
    while (!text.empty()) {
        const auto end = std::min(text.find(headers_separator_), text.size());
        const auto item = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + headers_separator_.size()));
        const auto colon = item.find(headers_key_separator_);
        if (colon == std::string_view::npos && !ignore_error_)
            throw Failure(
                ErrorCode::invalid_record,
                fmt::format("No header key separator found in pair '{}' on line number {}", item,
                            number));
        const bool bare = colon == std::string_view::npos;
        headers.emplace_back(
            item.substr(0, colon),
            bare ? std::string_view() : item.substr(colon + headers_key_separator_.size()));
    }
    return headers;
}

LineRecord LineFormat::parse(std::string_view line, int64_t number) const {
    LineRecord record;
    const auto cut = [&](bool wanted, const std::string& separator,
                         const char* what) -> std::optional<std::string_view> {
        if (!wanted) return std::nullopt;
        const auto at = line.find(separator);
        if (at == std::string_view::npos) {
            if (ignore_error_) return std::nullopt;
            throw Failure(ErrorCode::invalid_record,
                          fmt::format("No {} found on line number {}: '{}'", what, number, line));
        }
        const auto piece = line.substr(0, at);
        line.remove_prefix(at + separator.size());
        return piece;
    };
    if (const auto text = cut(parse_headers_, headers_delimiter_, "headers delimiter"))
        if (null_marker_.empty() || *text != null_marker_)
            record.headers = parse_headers(*text, number);
    const auto or_null = [&](std::string_view text) -> std::optional<std::string_view> {
        if (!null_marker_.empty() && text == null_marker_) return std::nullopt;
        return text;
    };
    if (const auto key = cut(parse_key_, key_separator_, "key separator"))
        record.key = or_null(*key);
    record.value = or_null(line);
    return record;
}

}  // namespace barnabas::cli
