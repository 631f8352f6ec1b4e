// SPDX-License-Identifier: Apache-2.0
// What the kernel tells of this process is what this process is.
#include "base/asio/process_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

namespace barnabas {
namespace {

TEST(ProcessStats, numbers_are_of_this_process) {
    const auto before = process_stats();
    std::FILE* file = std::fopen("/dev/null", "r");
    ASSERT_NE(file, nullptr);
    const auto after = process_stats();
    std::fclose(file);
    EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
    EXPECT_GE(after.descriptors_max, after.open_descriptors);
    EXPECT_GT(before.resident_bytes, 100'000u);
    EXPECT_GT(before.virtual_bytes, before.resident_bytes);
    constexpr double year_2020 = 1'577'836'800;
    EXPECT_GT(before.start_time_seconds, year_2020);
    EXPECT_EQ(before.start_time_seconds, after.start_time_seconds);
    EXPECT_GE(after.cpu_seconds, before.cpu_seconds);
}

TEST(ProcessStats, are_told_with_the_other_metrics) {
    Metrics metrics;
    add_process_metrics(metrics);
    const auto text = metrics.text();
    for (const char* name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                             "process_resident_memory_bytes", "process_start_time_seconds"})
        EXPECT_THAT(text, testing::HasSubstr(std::string("\n") + name + " ")) << name;
}

}  // namespace
}  // namespace barnabas
