// SPDX-License-Identifier: Apache-2.0
// See filters.h.
#include "cli/tools/filters.h"

#include <algorithm>

#include "cli/client/error_text.h"

namespace barnabas::cli {

namespace {

// "a, b" -> "a|b"
std::string alternatives(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        if (c == ' ' || c == '"' || c == '\'') continue;
        pattern += c == ',' ? '|' : c;
    }
    return pattern;
}

}  // namespace

TopicPattern::TopicPattern(std::string_view text)
    : expression_(std::make_unique<re2::RE2>(alternatives(text), re2::RE2::Quiet)) {
    if (!expression_->ok())
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("{} is an invalid regex: {}", text, expression_->error()));
}

std::vector<std::string> find_topics(Client& client, const std::string* pattern,
                                     bool exclude_internal) {
    std::vector<std::string> names;
    std::optional<TopicPattern> wanted;
    if (pattern) wanted.emplace(*pattern);
    for (const auto& topic : client.metadata().topics) {
        if (!topic.name) continue;
        const auto name = topic.name->view();
        if (wanted && !wanted->matches(name)) continue;
        if (exclude_internal && (topic.is_internal || is_internal_topic(name))) continue;
        names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
}

std::string answer_text(ErrorCode code, const std::optional<Text>& message) {
    return message && !message->empty() ? message->str() : std::string(error_text(code));
}

}  // namespace barnabas::cli
