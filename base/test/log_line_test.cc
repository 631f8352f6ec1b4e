// SPDX-License-Identifier: Apache-2.0
// Log lines: their shape, their levels, and that a message cannot forge a second line.
#include "base/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace barnabas {
namespace {

using ::testing::MatchesRegex;

class LogLine : public ::testing::Test {
  protected:
    LogLine() {
        set_log_sink([this](std::string_view line) { lines_.emplace_back(line); });
    }
    ~LogLine() override {
        set_log_sink(nullptr);
        set_log_level(LogLevel::info);
    }
    std::vector<std::string> lines_;
};

TEST_F(LogLine, has_time_level_component_and_message) {
    log_info("storage", "recovered dir={} ms={}", "t-0", 12);
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0],
                MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]{3}Z info  storage recovered dir=t-0 ms=12"));
}

TEST_F(LogLine, levels_below_the_set_one_are_not_formatted) {
    set_log_level(LogLevel::warn);
    log_info("storage", "quiet");
    log_error("storage", "loud");
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0], ::testing::HasSubstr("error storage loud"));
    EXPECT_FALSE(log_enabled(LogLevel::debug));
    EXPECT_TRUE(log_enabled(LogLevel::warn));
}

TEST_F(LogLine, control_characters_cannot_forge_a_line) {
    log_info("server", "client id {}", "a\nb\r\x01");
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0], ::testing::EndsWith("client id a\\x0ab\\x0d\\x01"));
}

TEST_F(LogLine, braces_in_a_message_are_plain_text) {
    log_info("server", "{}", "{} {0}");
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0], ::testing::EndsWith("server {} {0}"));
}

}  // namespace
}  // namespace barnabas
