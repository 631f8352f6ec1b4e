// SPDX-License-Identifier: Apache-2.0
// Tests of Prometheus text.
#include "broker/http/metric_text.h"

#include <gtest/gtest.h>

namespace barnabas::broker {
namespace {

TEST(MetricText, families_samples_and_escapes) {
    MetricText text;
    text.family("a_total", "counter", "What it is.");
    text.sample({}, 3);
    text.sample({{"topic", "q\"b\\n\n"}, {"partition", "0"}}, 9007199254740991.0);
    EXPECT_EQ(text.take(),
              "# HELP a_total What it is.\n# TYPE a_total counter\na_total 3\n"
              "a_total{topic=\"q\\\"b\\\\n\\n\",partition=\"0\"} 9007199254740991\n");
}

}  // namespace
}  // namespace barnabas::broker
