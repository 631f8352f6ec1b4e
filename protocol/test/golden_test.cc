// SPDX-License-Identifier: Apache-2.0
// Every vector that Apache Kafka's own serializers wrote must decode, render as the same JSON and
// encode to the same bytes; and a vector with a wrong digit must be noticed.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "protocol/wire_tool.h"

namespace barnabas::protocol {
namespace {

const std::string golden_path = std::string(TEST_DATA_DIR) + "/golden_messages.tsv.gz";

std::vector<std::string> golden_lines() {
    std::vector<std::string> lines;
    gzFile file = gzopen(golden_path.c_str(), "rb");
    EXPECT_NE(file, nullptr) << golden_path;
    if (!file) return lines;
    std::string all;
    char buffer[1 << 16];
    for (int n = 0; (n = gzread(file, buffer, sizeof buffer)) > 0;)
        all.append(buffer, static_cast<size_t>(n));
    gzclose(file);
    std::istringstream stream(all);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty() && line[0] != '#') lines.push_back(line);
    return lines;
}

// Where the hex column begins and ends.
std::pair<size_t, size_t> hex_column(const std::string& line) {
    size_t begin = 0;
    for (int tabs = 0; tabs < 5; ++tabs) begin = line.find('\t', begin) + 1;
    return {begin, line.find('\t', begin)};
}

// The line with the hex digit at `place` (counted over the column, any number) made another digit.
std::string with_other_digit(std::string line, size_t place) {
    const auto [begin, end] = hex_column(line);
    char& digit = line[begin + place % (end - begin)];
    const char* digits = "0123456789abcdef";
    const auto value = static_cast<size_t>(std::strchr(digits, digit) - digits);
    digit = digits[(value + 1 + place % 15) % 16];
    return line;
}

class TemporaryFile {
  public:
    TemporaryFile() : path_(testing::TempDir() + "vectors." + std::to_string(getpid())) {}
    ~TemporaryFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }
    void write(const std::vector<std::string>& lines) const {
        std::ofstream out(path_);
        for (const std::string& line : lines) out << line << "\n";
    }

  private:
    std::string path_;
};

TEST(Golden, every_vector_passes) {
    std::ostringstream out;
    const auto counts = check_file(golden_path, out);
    ASSERT_TRUE(counts.has_value());
    EXPECT_EQ(counts->failed, 0u) << out.str();
    EXPECT_EQ(counts->passed, 2158u);
    EXPECT_NE(out.str().find("2158 passed, 0 failed\n"), std::string::npos);
}

TEST(Golden, every_message_has_a_vector_at_every_version) {
    std::map<std::string, std::set<int>> seen;
    for (const std::string& line : golden_lines()) {
        std::istringstream columns(line);
        std::string key, type, name, version;
        columns >> key >> type >> name >> version;
        seen[name].insert(std::stoi(version));
    }
    for (const MessageEntry& entry : message_registry())
        for (int version = entry.version_min; version <= entry.version_max; ++version)
            EXPECT_TRUE(seen[entry.name].contains(version)) << entry.name << " v" << version;
}

TEST(Golden, one_wrong_digit_anywhere_is_noticed) {
    size_t altered = 0;
    for (const std::string& line : golden_lines()) {
        const auto [begin, end] = hex_column(line);
        if (begin == end) continue;
        // Every digit of short vectors, 24 spread over the longer ones.
        const size_t step = std::max<size_t>(1, (end - begin) / 24);
        for (size_t place = altered % step; place < end - begin; place += step) {
            const std::string wrong = with_other_digit(line, place);
            EXPECT_TRUE(check_vector(wrong).has_value()) << wrong.substr(0, 300);
            ++altered;
        }
    }
    EXPECT_GT(altered, 30000u);
}

TEST(Golden, k_altered_lines_fail_exactly_k_times) {
    const TemporaryFile file;
    std::vector<std::string> lines = golden_lines();
    size_t altered = 0;
    for (size_t i = 3; i < lines.size(); i += 97) {
        const auto [begin, end] = hex_column(lines[i]);
        if (begin == end) continue;
        lines[i] = with_other_digit(lines[i], i * 31);
        ++altered;
    }
    lines.insert(lines.begin(), "#apiKey\ttype\tname\tversion\tseed\thex\tjson");
    file.write(lines);
    std::ostringstream out;
    const auto counts = check_file(file.path(), out);
    ASSERT_TRUE(counts.has_value());
    EXPECT_EQ(counts->failed, altered);
    EXPECT_EQ(counts->passed, lines.size() - 1 - altered);
    EXPECT_NE(out.str().find("... and " + std::to_string(altered - 10) + " more"),
              std::string::npos);
}

TEST(Golden, lines_that_are_no_vectors_fail) {
    const std::string good = "1\trecord\tUnregisterBrokerRecord\t0\t1\t";
    EXPECT_FALSE(check_vector(good + "00000001000000000000000200\t"
                                     "{\"brokerId\":1,\"brokerEpoch\":2}"));
    EXPECT_TRUE(check_vector("nothing"));
    EXPECT_TRUE(
        check_vector(good + "0000000100000000000000020\t{\"brokerId\":1,\"brokerEpoch\":2}"));
    EXPECT_TRUE(check_vector(good + "0000000100000000000000020000\t"
                                    "{\"brokerId\":1,\"brokerEpoch\":2}"));
    EXPECT_TRUE(check_vector("1\trecord\tNoSuchRecord\t0\t1\t00\t{}"));
    EXPECT_TRUE(check_vector("1\trecord\tUnregisterBrokerRecord\t1\t1\t00\t{}"));
}

TEST(Golden, a_missing_file_is_an_error) {
    std::ostringstream out;
    EXPECT_FALSE(check_file(golden_path + ".not-there", out).has_value());
}

}  // namespace
}  // namespace barnabas::protocol
