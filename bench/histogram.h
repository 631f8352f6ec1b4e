// SPDX-License-Identifier: Apache-2.0
// Histogram: counts of whole numbers in buckets whose width grows with the number (the layout of
// HDR histograms, of which Debian packages no C++ library): 128 buckets for each doubling, so that
// a percentile is at most 1 % too large. Recording costs a few instructions and no memory. Not for
// several threads; each has its own, and merge() adds them up.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace barnabas::bench {

class Histogram {
  public:
    void record(uint64_t value) {
        ++counts_[index_of(value)];
        ++count_;
        sum_ += value;
        max_ = std::max(max_, value);
    }

    void merge(const Histogram& other) {
        for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        count_ += other.count_;
        sum_ += other.sum_;
        max_ = std::max(max_, other.max_);
    }

    uint64_t count() const { return count_; }
    uint64_t max() const { return max_; }
    double mean() const {
        return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
    }

    // The smallest bucket end that `share` (0 to 1) of what was recorded does not exceed; 0 if
    // nothing was.
    uint64_t at(double share) const {
        const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_) + 0.999999);
        uint64_t seen = 0;
        for (size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (counts_[i] != 0 && seen >= wanted) return std::min(end_of(i), max_);
        }
        return max_;
    }

    // A JSON object; `unit` goes into the names.
    std::string json(const char* unit) const {
        return fmt::format(R"({{"count": {}, "mean_{}": {:.1f}, "p50_{}": {}, "p99_{}": {}, )"
                           R"("p999_{}": {}, "max_{}": {}}})",
                           count_, unit, mean(), unit, at(0.5), unit, at(0.99), unit, at(0.999),
                           unit, max_);
    }

  private:
    static constexpr int sub_bits = 7;
    static constexpr uint64_t sub_buckets = uint64_t{1} << sub_bits;

    // Below 2 * sub_buckets every number has a bucket; above, a bucket holds 2^shift of them.
    static size_t index_of(uint64_t value) {
        if (value < 2 * sub_buckets) return static_cast<size_t>(value);
        const auto shift = static_cast<uint64_t>(std::bit_width(value)) - 1 - sub_bits;
        return static_cast<size_t>(shift * sub_buckets + (value >> shift));
    }
    static uint64_t end_of(size_t index) {
        if (index < 2 * sub_buckets) return index;
        const uint64_t shift = index / sub_buckets - 1;
        const uint64_t start = (index - shift * sub_buckets) << shift;
        return start + (uint64_t{1} << shift) - 1;
    }

    std::array<uint64_t, (65 - sub_bits) * sub_buckets> counts_{};
    uint64_t count_ = 0;
    uint64_t sum_ = 0;
    uint64_t max_ = 0;
};

}  // namespace barnabas::bench
