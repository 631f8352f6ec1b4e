// SPDX-License-Identifier: Apache-2.0
// How the console consumer prints a record and the console producer reads one, from the properties
// that Kafka's default formatter and line reader know.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/consumer.h"
#include "cli/client/producer.h"

namespace barnabas::cli {

using Settings = std::map<std::string, std::string>;

// "key=value" texts. Throws UsageFailure for one without "=".
Settings parse_settings(const std::vector<std::string>& texts);

class RecordFormat {
  public:
    // Throws UsageFailure for deserializers that are not strings or bytes.
    explicit RecordFormat(const Settings& settings);
    std::string text(const ConsumedRecord& record) const;

  private:
    bool timestamp_, partition_, offset_, epoch_, headers_, key_, value_;
    std::string key_separator_, line_separator_, headers_separator_, null_literal_;
};

// What a line of standard input says. Texts are views into the line.
struct LineRecord {
    std::optional<std::string_view> key, value;
    std::vector<std::pair<std::string, std::string>> headers;
};
class LineFormat {
  public:
    explicit LineFormat(const Settings& settings);
    // Throws Failure for a line without the separator that is asked for; names the line's number.
    LineRecord parse(std::string_view line, int64_t number) const;

  private:
    std::vector<std::pair<std::string, std::string>> parse_headers(std::string_view text,
                                                                   int64_t number) const;

    bool parse_key_, parse_headers_, ignore_error_;
    std::string key_separator_, headers_delimiter_, headers_separator_, headers_key_separator_;
    std::string null_marker_;
};

}  // namespace barnabas::cli
