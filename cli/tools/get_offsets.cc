// SPDX-License-Identifier: Apache-2.0
// kafka-get-offsets: offsets of partitions, by time.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/whole_number.h"
#include "cli/client/error_text.h"
#include "cli/client/offsets.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/partition_filter.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"topic", Takes::value, "topic", "Only topics that match; a regular expression"},
    {"partitions", Takes::value, "0,1", "Only these partitions"},
    {"topic-partitions", Takes::value, "t:0-3,u", "Only these topics and partitions"},
    {"time", Takes::value, "time", "latest (default), earliest, max-timestamp or milliseconds"},
    {"exclude-internal-topics", Takes::nothing, "", "Leaves out topics like __consumer_offsets"},
    output_option,
};

std::set<int32_t> parse_ids(const std::string& text) {
    std::set<int32_t> ids;
    for (const auto& item : split(text, ',')) {
        const auto id = whole_number<int32_t>(item);
        if (!id)
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("--partitions expects a comma separated list of numeric "
                                      "partition ids, but received: {}",
                                      text));
        ids.insert(*id);
    }
    return ids;
}

std::vector<PartitionName> pick(Client& client, const Options& options) {
    const auto rules_text = options.value("topic-partitions");
    if (rules_text && (options.has("topic") || options.has("partitions")))
        throw Failure(ErrorCode::invalid_request,
                      "--topic-partitions cannot be used with --topic or --partitions");
    const auto rules = parse_partition_rules(rules_text.value_or(""));
    const auto ids = parse_ids(options.value_or("partitions", ""));
    const auto topic = options.value("topic");
    const auto topics =
        find_topics(client, topic ? &*topic : nullptr, options.has("exclude-internal-topics"));
    std::vector<PartitionName> picked;
    if (!topics.empty())
        for (auto& partition : partitions_of(client, topics)) {
            const auto hit = [&](const PartitionRule& rule) {
                return rule.matches(partition.topic, partition.index);
            };
            const bool by_rule = !rules_text || std::ranges::any_of(rules, hit);
            if (by_rule && (ids.empty() || ids.contains(partition.index)))
                picked.push_back(std::move(partition));
        }
    if (picked.empty())
        throw Failure(ErrorCode::unknown_topic_or_partition,
                      "Could not match any topic-partitions with the specified filters");
    return picked;
}

int run(const Options& options) {
    const int64_t time = parse_time(options.value_or("time", "latest"));
    output_form(options);
    const auto client = make_client(options, {.only_looks = true});
    const auto found = list_offsets(*client, pick(*client, options), time);
    Table table{{"topic", "partition", "offset"}, {}};
    std::string text;
    for (const auto& [partition, offset] : found) {
        if (offset.code != ErrorCode::none) {
            fmt::print(stderr, "Skip getting offsets for topic-partition {} due to error: {}\n",
                       partition.str(), error_text(offset.code));
            continue;
        }
        if (offset.offset < 0) continue;
        text += fmt::format("{}:{}:{}\n", partition.topic, partition.index, offset.offset);
        table.rows.push_back(
            {partition.topic, std::to_string(partition.index), std::to_string(offset.offset)});
    }
    if (!print_if_asked(options, table)) fmt::print("{}", text);
    return 0;
}

}  // namespace

const Tool& get_offsets_tool() {
    static constexpr Tool tool{"get-offsets",
                               "kafka-get-offsets",
                               "offsets of partitions: latest, earliest, by time",
                               specs,
                               run,
                               "",
                               "Error occurred: "};
    return tool;
}

}  // namespace barnabas::cli
