// SPDX-License-Identifier: Apache-2.0
// RE2 with a bound on the memory an expression may take.
#include "broker/group/topic_regex.h"

#include <re2/re2.h>

namespace barnabas::broker {
namespace {

constexpr int64_t regex_bytes_max = int64_t{1} << 20;

RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(regex_bytes_max);
    return options;
}

// Java's RE2 and this one differ in their words.
std::string describe(const RE2& regex) {
    switch (regex.error_code()) {
        case RE2::ErrorBadEscape:
            return "invalid escape sequence";
        case RE2::ErrorBadCharClass:
            return "invalid character class";
        case RE2::ErrorBadCharRange:
            return "invalid character class range";
        case RE2::ErrorMissingBracket:
            return "missing closing ]";
        case RE2::ErrorMissingParen:
            return "missing closing )";
        case RE2::ErrorUnexpectedParen:
            return "regexp/syntax: internal error";
        case RE2::ErrorTrailingBackslash:
            return "trailing backslash at end of expression";
        case RE2::ErrorRepeatArgument:
            return "missing argument to repetition operator";
        case RE2::ErrorRepeatSize:
            return "invalid repeat count";
        case RE2::ErrorRepeatOp:
            return "invalid nested repetition operator";
        case RE2::ErrorBadPerlOp:
            return "invalid or unsupported Perl syntax";
        case RE2::ErrorBadUTF8:
            return "invalid UTF-8";
        case RE2::ErrorBadNamedCapture:
            return "invalid named capture";
        case RE2::ErrorPatternTooLarge:
            return "expression too large";
        default:
            return regex.error();
    }
}

}  // namespace

std::optional<std::string> check_topic_regex(const std::string& regex) {
    const RE2 compiled(regex, options());
    if (compiled.ok()) return std::nullopt;
    return describe(compiled);
}

std::vector<std::string> match_topics(const std::string& regex,
                                      const cluster::MetadataImage& image) {
    std::vector<std::string> names;
    const RE2 compiled(regex, options());
    if (!compiled.ok()) return names;
    for (const auto& [name, topic] : image.topics)
        if (RE2::FullMatch(name, compiled)) names.push_back(name);
    return names;
}

}  // namespace barnabas::broker
