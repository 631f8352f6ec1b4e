// SPDX-License-Identifier: Apache-2.0
// What kafka-producer-perf-test has sent, in its lines: one for each interval, one for the whole.
// And the table of --print-metrics, which both perf tests have.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "cli/client/client.h"

namespace barnabas::cli {

inline constexpr double mib = 1024.0 * 1024.0;
double milliseconds(Nanos time);

class ProducerStats {
  public:
    // `steady`: only what comes after the warm-up, and named so.
    ProducerStats(Nanos begin, Nanos interval, bool steady)
        : begin_(begin), window_begin_(begin), interval_(interval), steady_(steady) {}

    // Records that were acknowledged at `now`, after `took`. Prints a line where an interval is
    // over.
    void add(size_t records, uint64_t bytes, Nanos took, Nanos now);
    // The steady records are told of from now on.
    void be_quiet() { quiet_ = true; }
    // "N records sent, ..." with percentiles.
    std::string total(Nanos now);

  private:
    struct Sums {
        size_t records = 0;
        uint64_t bytes = 0;
        double latency_ms = 0, latency_ms_max = 0;
        void add(size_t count, uint64_t size, double took_ms);
    };

    std::string window(Nanos now) const;
    int64_t percentile_ms(double part);

    Nanos begin_, window_begin_, interval_;
    bool steady_, quiet_ = false;
    Sums whole_, window_;
    // Of each record; millions of them are what the tool is for.
    std::vector<float> latencies_ms_;
};

// "group:name:{tags}" -> value.
using Metrics = std::map<std::string, double>;
// The requests of a client, under the names that a Java client has for them.
void add_traffic(Metrics& metrics, const std::string& group, const Client& client);
std::string metric_name(const std::string& group, std::string_view name, const Client& client);
void print_metrics(const Metrics& metrics);

}  // namespace barnabas::cli
