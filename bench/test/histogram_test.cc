// SPDX-License-Identifier: Apache-2.0
// The histogram of the load generators against sorting everything.
#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace barnabas::bench {
namespace {

uint64_t exact(const std::vector<uint64_t>& sorted, double share) {
    const auto rank = static_cast<size_t>(share * static_cast<double>(sorted.size()) + 0.999999);
    return sorted[std::max<size_t>(rank, 1) - 1];
}

TEST(Histogram, is_empty_at_first) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0);
    EXPECT_EQ(histogram.at(0.99), 0);
    EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, small_numbers_are_exact) {
    Histogram histogram;
    for (uint64_t value = 1; value <= 200; ++value) histogram.record(value);
    EXPECT_EQ(histogram.at(0.5), 100);
    EXPECT_EQ(histogram.at(0.99), 198);
    EXPECT_EQ(histogram.at(1), 200);
    EXPECT_EQ(histogram.max(), 200);
    EXPECT_DOUBLE_EQ(histogram.mean(), 100.5);
}

TEST(Histogram, percentiles_are_at_most_one_percent_too_large) {
    Random random(3);
    for (const int bits : {8, 12, 20, 33, 63}) {
        Histogram histogram;
        std::vector<uint64_t> all;
        for (int i = 0; i < 20'000; ++i) {
            const uint64_t value = random.below(uint64_t{1} << (1 + random.below(bits)));
            all.push_back(value);
            histogram.record(value);
        }
        std::ranges::sort(all);
        for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            const uint64_t want = exact(all, share), got = histogram.at(share);
            EXPECT_GE(got, want) << bits << " bits, " << share;
            EXPECT_LE(static_cast<double>(got), static_cast<double>(want) * 1.01)
                << bits << " bits, " << share;
        }
    }
}

TEST(Histogram, takes_the_largest_number) {
    Histogram histogram;
    histogram.record(UINT64_MAX);
    EXPECT_EQ(histogram.at(0.5), UINT64_MAX);
}

TEST(Histogram, merged_is_as_if_one_had_recorded_all) {
    Histogram one, two, all;
    for (uint64_t value = 0; value < 50'000; value += 7) {
        (value % 2 == 0 ? one : two).record(value);
        all.record(value);
    }
    one.merge(two);
    EXPECT_EQ(one.json("us"), all.json("us"));
}

}  // namespace
}  // namespace barnabas::bench
