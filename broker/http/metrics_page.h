// SPDX-License-Identifier: Apache-2.0
// What /metrics tells beyond the counters of base/metrics.h, under the names that dashboards for
// Apache Kafka use: those that the Prometheus JMX exporter makes of Kafka's MBeans, and those of
// kafka_exporter. Computed when asked for, from images, partitions and groups.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/metrics.h"
#include "base/task.h"
#include "broker/http/metric_text.h"
#include "broker/server/request_context.h"

namespace barnabas::broker {

// What a group has committed, and who is in it.
struct GroupOffsets {
    std::string group;
    size_t members = 0;
    struct Committed {
        std::string topic;
        PartitionIndex partition;
        Offset offset;
    };
    std::vector<Committed> committed;
};

// Requests, bytes, connections, controller and replica counts of the whole broker; offsets, sizes,
// leaders and replicas by topic and partition.
void write_broker_metrics(MetricText& text, const BrokerServices& services, Metrics& metrics,
                          size_t connections);
// Committed offsets, lags and members by group; sums by topic.
void write_group_metrics(MetricText& text, const BrokerServices& services,
                         const std::vector<GroupOffsets>& groups);

// All groups that this broker coordinates. Groups that are still loading are left out.
Task<std::vector<GroupOffsets>> committed_offsets(const BrokerServices& services);

}  // namespace barnabas::broker
