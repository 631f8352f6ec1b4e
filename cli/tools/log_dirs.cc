// SPDX-License-Identifier: Apache-2.0
// kafka-log-dirs: the size of each partition in each log directory, as JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/client/error_text.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "protocol/messages/describe_log_dirs.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"describe", Takes::nothing, "", "REQUIRED: the only action"},
    {"topic-list", Takes::value, "t,u", "Only these topics"},
    {"broker-list", Takes::value, "1,2", "Only these brokers"},
};

std::vector<int32_t> pick_brokers(Client& client, const Options& options) {
    std::vector<int32_t> there, missing, wanted;
    for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers)
        there.push_back(broker.node_id.value);
    std::ranges::sort(there);
    for (const auto& text : options.list("broker-list")) {
        const auto id = static_cast<int32_t>(parse_number("broker-list", text));
        (std::ranges::find(there, id) == there.end() ? missing : wanted).push_back(id);
    }
    if (!missing.empty())
        throw Failure(ErrorCode::broker_not_available,
                      fmt::format("ERROR: The given brokers do not exist from --broker-list: {}. "
                                  "Current existent brokers: {}",
                                  fmt::join(missing, ","), fmt::join(there, ",")));
    return wanted.empty() ? there : wanted;
}

std::string directory_json(const protocol::DescribeLogDirsResponse::DescribeLogDirsResult& result,
                           const std::vector<std::string>& topics) {
    std::vector<std::string> partitions;
    for (const auto& topic : result.topics) {
        const bool wanted =
            topics.empty() || std::ranges::find(topics, topic.name.view()) != topics.end();
        for (const auto& partition : topic.partitions)
            if (wanted)
                partitions.push_back(fmt::format(
                    "{{\"partition\":{},\"size\":{},\"offsetLag\":{},\"isFuture\":{}}}",
                    json_text(
                        fmt::format("{}-{}", topic.name.view(), partition.partition_index.value)),
                    partition.partition_size, partition.offset_lag, partition.is_future_key));
    }
    return fmt::format(
        "{{\"partitions\":[{}],\"error\":{},\"logDir\":{}}}", fmt::join(partitions, ","),
        result.error_code == ErrorCode::none ? "null" : json_text(error_text(result.error_code)),
        json_text(result.log_dir));
}

int run(const Options& options) {
    if (!options.has("describe")) throw UsageFailure("Missing required argument \"[describe]\"");
    const auto topics = options.list("topic-list");
    const auto client = make_client(options, {.only_looks = true});
    const auto brokers = pick_brokers(*client, options);
    fmt::print("Querying brokers for log directories information\n");
    protocol::DescribeLogDirsRequest request;
    request.topics.reset();
    std::vector<std::string> texts;
    for (const int32_t id : brokers) {
        const auto answer =
            client->ask<protocol::DescribeLogDirsResponse>(client->broker(BrokerId(id)), request);
        if (answer.error_code != ErrorCode::none)
            throw Failure(answer.error_code, std::string(error_text(answer.error_code)));
        std::vector<std::string> directories;
        for (const auto& result : answer.results)
            directories.push_back(directory_json(result, topics));
        texts.push_back(
            fmt::format("{{\"broker\":{},\"logDirs\":[{}]}}", id, fmt::join(directories, ",")));
    }
    fmt::print("Received log directory information from brokers {}\n", fmt::join(brokers, ","));
    fmt::print("{{\"brokers\":[{}],\"version\":1}}\n", fmt::join(texts, ","));
    return 0;
}

}  // namespace

const Tool& log_dirs_tool() {
    static constexpr Tool tool{"log-dirs", "kafka-log-dirs",
                               "sizes of partitions in log directories, as JSON", specs, run};
    return tool;
}

}  // namespace barnabas::cli
