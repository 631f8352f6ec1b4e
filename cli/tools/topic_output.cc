// SPDX-License-Identifier: Apache-2.0
// See topic_output.h.
#include "cli/tools/topic_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

namespace barnabas::cli {

std::string join_ids(const std::vector<int32_t>& ids) {
    return fmt::format("{}", fmt::join(ids, ","));
}

int32_t TopicText::min_isr() const {
    for (const auto& [key, value] : configs)
        if (key == "min.insync.replicas") return std::atoi(value.c_str());
    return 1;
}

bool matches(const TopicText& topic, const PartitionText& partition, PartitionFilter filter) {
    const auto in_sync = static_cast<int32_t>(partition.isr.size());
    switch (filter) {
        case PartitionFilter::all:
            return true;
        case PartitionFilter::under_replicated:
            return partition.isr.size() < partition.replicas.size();
        case PartitionFilter::unavailable:
            return partition.leader < 0;
        case PartitionFilter::under_min_isr:
            return in_sync < topic.min_isr();
        case PartitionFilter::at_min_isr:
            return in_sync == topic.min_isr();
    }
    return true;
}

std::string topic_line(const TopicText& topic) {
    std::string configs;
    for (const auto& [key, value] : topic.configs)
        configs += fmt::format("{}{}={}", configs.empty() ? "" : ",", key, value);
    const size_t replicas = topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size();
    return fmt::format(
        "Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}\n",
        topic.name, topic.id, topic.partitions.size(), replicas, configs);
}

std::string describe_topic(const TopicText& topic, PartitionFilter filter) {
    std::string text = filter == PartitionFilter::all ? topic_line(topic) : "";
    for (const auto& partition : topic.partitions) {
        if (!matches(topic, partition, filter)) continue;
        text += fmt::format(
            "\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\tElr: {}"
            "\tLastKnownElr: {}\n",
            topic.name, partition.index,
            partition.leader < 0 ? "none" : std::to_string(partition.leader),
            join_ids(partition.replicas), join_ids(partition.isr),
            partition.elr ? join_ids(*partition.elr) : "N/A",
            partition.last_known_elr ? join_ids(*partition.last_known_elr) : "N/A");
    }
    return text;
}

void add_rows(Table& table, const TopicText& topic, PartitionFilter filter) {
    table.columns = {"topic", "topic_id", "partition", "leader", "replicas", "isr"};
    for (const auto& partition : topic.partitions)
        if (matches(topic, partition, filter))
            table.rows.push_back({topic.name, topic.id, std::to_string(partition.index),
                                  partition.leader < 0 ? "-" : std::to_string(partition.leader),
                                  join_ids(partition.replicas), join_ids(partition.isr)});
}

}  // namespace barnabas::cli
