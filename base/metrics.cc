// SPDX-License-Identifier: Apache-2.0
// Metrics over prometheus-cpp's data model and text serializer. The values are our own atomics: the
// library's counters are compare-and-swap loops over doubles and its histograms take a lock.
#include "base/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace barnabas {

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1)) {
    ASSERT(std::ranges::is_sorted(bounds_), "buckets ascend");
}

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::buckets() const {
    std::vector<uint64_t> counts(bounds_.size() + 1);
    for (size_t i = 0; i < counts.size(); ++i)
        counts[i] = counts_[i].load(std::memory_order_relaxed);
    return counts;
}

uint64_t Histogram::count() const {
    uint64_t sum = 0;
    for (const uint64_t count : buckets()) sum += count;
    return sum;
}

struct Metrics::Series {
    Counter counter;
    Gauge gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> value;
};

struct Metrics::Family {
    Kind kind = Kind::counter;
    std::string help;
    std::map<Labels, std::unique_ptr<Series>> series;
};

namespace {

bool valid_name(const std::string& name) {
    const auto valid = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == ':';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, valid);
}

prometheus::ClientMetric::Histogram exposed(const Histogram& histogram) {
    prometheus::ClientMetric::Histogram result;
    // Counted once: the total agrees with the buckets although others go on observing.
    for (const uint64_t count : histogram.buckets()) {
        result.sample_count += count;
        const size_t index = result.bucket.size();
        const double bound = index < histogram.bounds().size()
                                 ? histogram.bounds()[index]
                                 : std::numeric_limits<double>::infinity();
        result.bucket.push_back({result.sample_count, bound});
    }
    result.sample_sum = histogram.sum();
    return result;
}

}  // namespace

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(Kind kind, const std::string& name, const std::string& help,
                                 const Labels& labels) {
    ASSERT(valid_name(name));
    Family& family = families_[name];
    if (family.series.empty()) {
        family.kind = kind;
        family.help = help;
    }
    ASSERT(family.kind == kind, "one name has one kind");
    auto& series = family.series[labels];
    if (!series) series = std::make_unique<Series>();
    return *series;
}

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    return series(Kind::counter, name, help, labels).counter;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    return series(Kind::gauge, name, help, labels).gauge;
}

void Metrics::gauge_of(const std::string& name, const std::string& help, const Labels& labels,
                       std::function<double()> value) {
    const std::lock_guard lock(mutex_);
    series(Kind::gauge, name, help, labels).value = std::move(value);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              std::vector<double> bounds, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& histogram = series(Kind::histogram, name, help, labels).histogram;
    if (!histogram) histogram = std::make_unique<Histogram>(std::move(bounds));
    return *histogram;
}

std::string Metrics::text() const {
    const std::lock_guard lock(mutex_);
    std::vector<prometheus::MetricFamily> exposed_families;
    for (const auto& [name, family] : families_) {
        auto& exposed_family = exposed_families.emplace_back();
        exposed_family.name = name;
        exposed_family.help = family.help;
        exposed_family.type = family.kind == Kind::counter     ? prometheus::MetricType::Counter
                              : family.kind == Kind::histogram ? prometheus::MetricType::Histogram
                                                               : prometheus::MetricType::Gauge;
        for (const auto& [labels, series] : family.series) {
            auto& metric = exposed_family.metric.emplace_back();
            for (const auto& [label, value] : labels) metric.label.push_back({label, value});
            const double gauge =
                series->value ? series->value() : static_cast<double>(series->gauge.value());
            metric.counter.value = static_cast<double>(series->counter.value());
            metric.gauge.value = gauge;
            if (series->histogram) metric.histogram = exposed(*series->histogram);
        }
    }
    return prometheus::TextSerializer().Serialize(exposed_families);
}

}  // namespace barnabas
