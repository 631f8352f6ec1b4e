// SPDX-License-Identifier: Apache-2.0
// What kafka-topics --describe prints, from values: no questions to brokers here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/table.h"

namespace barnabas::cli {

struct PartitionText {
    int32_t index = 0;
    int32_t leader = -1;
    std::vector<int32_t> replicas, isr;
    std::optional<std::vector<int32_t>> elr, last_known_elr;
};
struct TopicText {
    std::string name, id;
    bool internal = false;
    // Those that are not the default: (key, value).
    std::vector<std::pair<std::string, std::string>> configs;
    std::vector<PartitionText> partitions;

    int32_t min_isr() const;
};

enum class PartitionFilter { all, under_replicated, unavailable, under_min_isr, at_min_isr };

// As Kafka prints it: a line for the topic (not with a filter), a line for each partition.
std::string describe_topic(const TopicText& topic, PartitionFilter filter);
std::string topic_line(const TopicText& topic);
// One row a partition.
void add_rows(Table& table, const TopicText& topic, PartitionFilter filter);
bool matches(const TopicText& topic, const PartitionText& partition, PartitionFilter filter);

// Numbers with commas between.
std::string join_ids(const std::vector<int32_t>& ids);

}  // namespace barnabas::cli
