// SPDX-License-Identifier: Apache-2.0
// Topics picked by what a person typed: a name, a regular expression, several with commas.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/client.h"

namespace barnabas::cli {

// Whole names; commas and blanks around them separate alternatives, quotes around it are dropped.
// Throws Failure for an expression that is none.
class TopicPattern {
  public:
    explicit TopicPattern(std::string_view text);
    bool matches(std::string_view topic) const {
        return re2::RE2::FullMatch({topic.data(), topic.size()}, *expression_);
    }

  private:
    std::unique_ptr<re2::RE2> expression_;
};

inline bool is_internal_topic(std::string_view topic) {
    return topic == "__consumer_offsets" || topic == "__transaction_state" ||
           topic == "__share_group_state";
}

// Names of all topics, sorted; those that match `pattern`, if one is given.
std::vector<std::string> find_topics(Client& client, const std::string* pattern,
                                     bool exclude_internal);

// The server's message, or the words for the code.
std::string answer_text(ErrorCode code, const std::optional<Text>& message);
// Throws Failure unless the answer has no error.
template <class Response>
void expect_success(const Response& response) {
    if (response.error_code == ErrorCode::none) return;
    throw Failure(response.error_code, answer_text(response.error_code, response.error_message));
}

}  // namespace barnabas::cli
