// SPDX-License-Identifier: Apache-2.0
// Metrics: handles are found again, the text is what Prometheus reads, counting is safe from any
// thread.
#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace barnabas {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, the_same_name_and_labels_are_the_same_metric) {
    Metrics metrics;
    Counter& produce = metrics.counter("requests_total", "Requests.", {{"api", "Produce"}});
    Counter& fetch = metrics.counter("requests_total", "Requests.", {{"api", "Fetch"}});
    produce.add(2);
    EXPECT_EQ(&metrics.counter("requests_total", "", {{"api", "Produce"}}), &produce);
    EXPECT_NE(&produce, &fetch);
    EXPECT_EQ(metrics.counter("requests_total", "", {{"api", "Produce"}}).value(), 2u);
}

TEST(Metrics, text_is_prometheus_exposition) {
    Metrics metrics;
    metrics.counter("requests_total", "Requests.", {{"api", "Produce"}}).add(3);
    metrics.gauge("connections", "Open connections.").set(-4);
    int64_t depth = 7;
    metrics.gauge_of("lane_depth", "Jobs.", {}, [&depth] { return static_cast<double>(depth); });
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# HELP requests_total Requests.\n# TYPE requests_total counter\n"
                                "requests_total{api=\"Produce\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE connections gauge\nconnections -4\n"));
    EXPECT_THAT(text, HasSubstr("lane_depth 7\n"));
    EXPECT_LT(text.find("connections"), text.find("requests_total"));
    depth = 8;
    EXPECT_THAT(metrics.text(), HasSubstr("lane_depth 8\n"));
}

TEST(Metrics, histograms_count_cumulatively) {
    Metrics metrics;
    Histogram& times = metrics.histogram("request_seconds", "Time.", {0.001, 0.01});
    for (const double value : {0.0005, 0.001, 0.002, 5.0}) times.observe(value);
    EXPECT_EQ(times.buckets(), (std::vector<uint64_t>{2, 1, 1}));
    EXPECT_EQ(times.count(), 4u);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("request_seconds_bucket{le=\"0.001\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("request_seconds_bucket{le=\"0.01\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("request_seconds_bucket{le=\"+Inf\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("request_seconds_count 4\n"));
    EXPECT_NEAR(times.sum(), 5.0035, 1e-9);
}

TEST(Metrics, label_values_are_escaped) {
    Metrics metrics;
    metrics.counter("topics_total", "T.", {{"topic", "a\"b\nc"}}).add();
    EXPECT_THAT(metrics.text(), HasSubstr("topics_total{topic=\"a\\\"b\\nc\"} 1\n"));
}

TEST(Metrics, counting_from_several_threads_loses_nothing) {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&metrics] {
            Counter& counter = metrics.counter("n_total", "N.");
            Histogram& histogram = metrics.histogram("h", "H.", {1, 2});
            for (int n = 0; n < 5000; ++n) {
                counter.add();
                histogram.observe(1.5);
            }
        });
    }
    for (int i = 0; i < 20; ++i) metrics.text();
    for (auto& thread : threads) thread.join();
    EXPECT_THAT(metrics.text(), HasSubstr("n_total 20000\n"));
    EXPECT_EQ(metrics.counter("n_total", "").value(), 20'000u);
    EXPECT_EQ(metrics.histogram("h", "", {}).count(), 20'000u);
    EXPECT_EQ(metrics.histogram("h", "", {}).sum(), 30'000.0);
}

TEST(MetricsDeathTest, one_name_has_one_kind) {
    Metrics metrics;
    metrics.counter("n_total", "N.");
    EXPECT_DEATH(metrics.gauge("n_total", "N."), "one kind");
    EXPECT_DEATH(metrics.gauge("not a name", "N."), "valid_name");
}

}  // namespace
}  // namespace barnabas
