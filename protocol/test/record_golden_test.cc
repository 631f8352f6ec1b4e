// SPDX-License-Identifier: Apache-2.0
// The vectors made by Apache Kafka's own writers: every field and record must agree, and a check
// that cannot fail would be worth nothing.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "protocol/compression.h"
#include "protocol/record_check.h"

namespace barnabas::protocol {
namespace {

const std::string path = std::string(TEST_DATA_DIR) + "/golden_records.jsonl.gz";

std::vector<std::string> golden_lines() {
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    const auto text = decompress(Codec::gzip, as_bytes(content.str()), size_t{16} << 20);
    std::vector<std::string> lines;
    std::istringstream in{std::string(as_text(text.value()))};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(GoldenRecords, all_cases_agree) {
    std::ostringstream out;
    EXPECT_EQ(check_records_file(path, out), 0) << out.str();
    EXPECT_EQ(out.str(), "76 passed, 0 failed\n");
}

TEST(GoldenRecords, altered_digits_are_found) {
    size_t altered = 0;
    for (const std::string& line : golden_lines()) {
        const size_t hex = line.find("\"hex\":\"");
        ASSERT_NE(hex, line.npos);
        const size_t begin = hex + 7;
        const size_t size = line.find('"', begin) - begin;
        for (const size_t at : {size_t{15}, size / 3, size / 2}) {
            // What lies behind the last whole batch, or in a batch that is damaged already, is not
            // read.
            if (line.find("v2-partial") != line.npos && at > 500) continue;
            if (line.find("bad-crc\"") != line.npos && at > 15) continue;
            std::string changed = line;
            char& digit = changed[begin + at];
            digit = digit == '0' ? '1' : '0';
            EXPECT_TRUE(check_record_vector(changed)) << line.substr(0, 60) << " at " << at;
            ++altered;
        }
    }
    EXPECT_GT(altered, 200u);
}

TEST(GoldenRecords, altered_expectations_are_found) {
    const auto changed = [](std::string line, std::string_view from, std::string_view to) {
        const size_t at = line.find(from);
        EXPECT_NE(at, line.npos) << from;
        return line.replace(at, from.size(), to);
    };
    const std::string line = golden_lines().at(1);
    EXPECT_FALSE(check_record_vector(line));
    EXPECT_TRUE(check_record_vector(changed(line, "\"offset\":100", "\"offset\":101")));
    EXPECT_TRUE(check_record_vector(changed(line, "\"expect\":\"ok\"", "\"expect\":\"corrupt\"")));
    EXPECT_TRUE(check_record_vector(changed(line, "\"validBytes\":723", "\"validBytes\":722")));
    EXPECT_TRUE(check_record_vector(changed(line, "\"sequence\":-1,", "")));
    EXPECT_TRUE(check_record_vector(changed(line, "\"sequence\":-1,", "\"sequence\":-1,\"x\":0,")));
    EXPECT_TRUE(check_record_vector("{}"));
    EXPECT_TRUE(check_record_vector("not json"));
}

TEST(GoldenRecords, files_that_cannot_be_read) {
    std::ostringstream out;
    EXPECT_EQ(check_records_file(path + ".missing", out), 2);
}

}  // namespace
}  // namespace barnabas::protocol
