// SPDX-License-Identifier: Apache-2.0
// Transcript tests: a file of commands (lines that begin with "> ") with everything they led to
// written below each. The test runs the commands and compares the whole file; run the program with
// --rewrite to write it anew, and review the difference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

namespace barnabas::cluster {

// `run` gives the output of one command, each line ended by '\n'.
inline void check_transcript(const std::string& name,
                             const std::function<std::string(const std::string&)>& run) {
    const std::string path = std::string(TEST_DATA_DIR) + "/" + name;
    std::stringstream recorded;
    recorded << std::ifstream(path).rdbuf();
    ASSERT_FALSE(recorded.str().empty()) << path;
    std::string produced, line;
    for (std::stringstream lines(recorded.str()); std::getline(lines, line);) {
        if (line.starts_with("> "))
            produced += line + "\n" + run(line.substr(2));
        else if (line.empty() || line.starts_with("#"))
            produced += line + "\n";
    }
    const auto arguments = testing::internal::GetArgvs();
    if (std::ranges::find(arguments, "--rewrite") != arguments.end())
        std::ofstream(path) << produced;
    else
        EXPECT_EQ(produced, recorded.str());
}

}  // namespace barnabas::cluster
