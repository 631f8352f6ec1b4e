// SPDX-License-Identifier: Apache-2.0
// What tools read: patterns of times, files of payloads and of offsets, features and releases. The
// expected values are what Java's classes and Kafka's tools give.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "cli/client/failure.h"
#include "cli/tools/date_pattern.h"
#include "cli/tools/feature_levels.h"
#include "cli/tools/payloads.h"
#include "cli/tools/reset_plan.h"

namespace barnabas::cli {
namespace {

using Texts = std::vector<std::string>;

std::string date(std::string_view pattern, int64_t time_ms) {
    setenv("TZ", "UTC", 1);
    tzset();
    return DatePattern(pattern).text(time_ms);
}

TEST(DatePattern, is_java_s) {
    constexpr int64_t saturday = 1'709'386'509'007;  // 2024-03-02T13:35:09.007Z
    EXPECT_EQ(date("yyyy-MM-dd HH:mm:ss:SSS", saturday), "2024-03-02 13:35:09:007");
    EXPECT_EQ(date("yy/M/d h:m a, EEE EEEE", saturday), "24/3/2 1:35 PM, Sat Saturday");
    EXPECT_EQ(date("''yyyy'T'MMM MMMM", saturday), "'2024TMar March");
    EXPECT_EQ(date("D F u k K", saturday), "62 1 6 13 1");
    EXPECT_EQ(date("Z X XX G", saturday), "+0000 Z Z AD");
    EXPECT_EQ(date("w W YYYY", saturday), "9 1 2024");
    constexpr int64_t last_of_2024 = 1'735'603'200'000;  // Tuesday, 2024-12-31
    EXPECT_EQ(date("w YYYY yyyy", last_of_2024), "1 2025 2024");
}

TEST(DatePattern, refuses_what_java_refuses) {
    EXPECT_THROW(DatePattern("yyyy b"), Failure);
    EXPECT_THROW(DatePattern("yyyy 'x"), Failure);
    EXPECT_THROW(DatePattern(std::string(4, 'X')), Failure);
}

TEST(Payloads, are_cut_as_by_a_scanner) {
    EXPECT_EQ(scan_payloads("a\nb\n", "\n"), (Texts{"a", "b"}));
    EXPECT_EQ(scan_payloads("\na\n\nb", "\n"), (Texts{"a", "", "b"}));
    EXPECT_EQ(scan_payloads("a, b,c", ", ?"), (Texts{"a", "b", "c"}));
    EXPECT_EQ(scan_payloads("abc", "x*"), (Texts{"a", "b", "c"}));
    EXPECT_EQ(scan_payloads("\n", "\n"), Texts{});
    EXPECT_THROW(scan_payloads("a", "("), Failure);
}

TEST(ResetFile, is_what_export_writes) {
    const auto one = parse_reset_file("t,0,5\n\"u,v\",1,6\r\n\n", "g");
    EXPECT_EQ(one, (ResetFile{{"g", {{{"t", 0}, 5}, {{"u,v", 1}, 6}}}}));
    const auto several = parse_reset_file("g,t,0,5\nh,t,0,6\n", std::nullopt);
    EXPECT_EQ(several, (ResetFile{{"g", {{{"t", 0}, 5}}}, {"h", {{{"t", 0}, 6}}}}));
    EXPECT_EQ(parse_reset_file("h,t,0,5", "g"), (ResetFile{{"h", {{{"t", 0}, 5}}}}));
    EXPECT_THROW(parse_reset_file("t,0,5", std::nullopt), Failure);
    EXPECT_THROW(parse_reset_file("t,0,5\nt,zero,5", "g"), Failure);
}

TEST(FeatureLevels, releases) {
    EXPECT_EQ(metadata_version_of("4.3"), 30);
    EXPECT_EQ(metadata_version_of("4.3.1"), 30);
    EXPECT_EQ(metadata_version_of("4.0"), 25);
    EXPECT_EQ(metadata_version_of("3.3-IV3"), 7);
    EXPECT_FALSE(metadata_version_of("4"));
    EXPECT_FALSE(metadata_version_of(""));
    EXPECT_FALSE(metadata_version_of("4.3-IV9"));
}

TEST(FeatureLevels, a_feature_and_its_level) {
    EXPECT_EQ(parse_feature("share.version = 1").level, 1);
    EXPECT_EQ(parse_feature("share.version = 1").name, "share.version");
    EXPECT_THROW(parse_feature("share.version"), Failure);
    EXPECT_THROW(parse_feature("share.version=70000"), Failure);
}

}  // namespace
}  // namespace barnabas::cli
