// SPDX-License-Identifier: Apache-2.0
// Files that Apache Kafka wrote (test/data/README.md), for comparing with ours.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace barnabas::storage {

inline std::vector<uint8_t> kafka_file(const std::string& name) {
    std::ifstream file(std::string(TEST_DATA_DIR) + "/kafka/" + name, std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace barnabas::storage
