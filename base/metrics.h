// SPDX-License-Identifier: Apache-2.0
// Metrics: counters, gauges and histograms by name and labels, and their text for a Prometheus
// server. A handle is looked up once and kept; counting through it is one relaxed atomic operation,
// from any thread. Handles live as long as the Metrics they came from.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace barnabas {

// Only goes up.
class Counter {
  public:
    void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<uint64_t> value_{0};
};

class Gauge {
  public:
    void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
    int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<int64_t> value_{0};
};

class Histogram {
  public:
    // Upper bounds of the buckets, ascending; one without bound follows by itself.
    explicit Histogram(std::vector<double> bounds);
    void observe(double value);
    uint64_t count() const;
    double sum() const { return sum_.load(std::memory_order_relaxed); }
    const std::vector<double>& bounds() const { return bounds_; }
    // Observations in each bucket alone; one more than there are bounds.
    std::vector<uint64_t> buckets() const;

  private:
    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<uint64_t>[]> counts_;
    std::atomic<double> sum_{0};
};

using Labels = std::map<std::string, std::string>;

class Metrics {
  public:
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    // The metric of that name and labels, made if it is new. One name has one kind; a name is
    // letters, digits, '_' and ':', with its unit at the end ("request_bytes_total").
    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help,
                         std::vector<double> bounds, const Labels& labels = {});
    // A gauge whose value is asked for by each text(), on the thread that calls it.
    void gauge_of(const std::string& name, const std::string& help, const Labels& labels,
                  std::function<double()> value);

    // All of them in the Prometheus text format (version 0.0.4), sorted by name.
    std::string text() const;

  private:
    enum class Kind { counter, gauge, histogram };
    struct Series;
    struct Family;

    Series& series(Kind kind, const std::string& name, const std::string& help,
                   const Labels& labels);

    // Guards the maps, not the values.
    mutable std::mutex mutex_;
    std::map<std::string, Family> families_;
};

}  // namespace barnabas
