// SPDX-License-Identifier: Apache-2.0
// See delete_offsets.h.
#include "cli/tools/delete_offsets.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <map>
#include <set>

#include "cli/client/error_text.h"
#include "cli/client/offsets.h"
#include "cli/tool.h"
#include "protocol/messages/offset_delete.h"

namespace barnabas::cli {

namespace {

using Results = std::map<PartitionName, ErrorCode>;

// "topic" or "topic:0,1"; a topic that is not there is asked for as partition -1.
std::set<PartitionName> wanted_partitions(Client& client, const Options& options) {
    std::set<PartitionName> partitions;
    for (const auto& text : options.values("topic")) {
        const auto colon = text.find(':');
        const auto topic = text.substr(0, colon);
        if (colon != std::string::npos) {
            for (const auto& index : split(text.substr(colon + 1), ','))
                partitions.insert({topic, static_cast<int32_t>(parse_number("topic", index))});
            continue;
        }
        const auto all = partitions_of(client, {topic});
        partitions.insert(all.begin(), all.end());
        if (all.empty()) partitions.insert({topic, -1});
    }
    return partitions;
}

// The answer's own error holds for every partition that was asked for.
ErrorCode ask(Client& client, const std::string& group, const std::set<PartitionName>& partitions,
              Results& results) {
    protocol::OffsetDeleteRequest request;
    request.group_id = Text(group);
    std::map<std::string, std::vector<PartitionIndex>> topics;
    for (const auto& [topic, index] : partitions)
        if (index >= 0) topics[topic].push_back(PartitionIndex(index));
    for (const auto& [name, indexes] : topics) {
        auto& topic = request.topics.emplace_back();
        topic.name = Text(name);
        for (const auto index : indexes) topic.partitions.emplace_back().partition_index = index;
    }
    const auto answer = client.ask<protocol::OffsetDeleteResponse>(
        client.coordinator(CoordinatorType::group, group), request);
    ErrorCode worst = answer.error_code;
    for (const auto& partition : partitions)
        results[partition] = partition.index < 0 ? ErrorCode::unknown_topic_or_partition : worst;
    for (const auto& topic : answer.topics)
        for (const auto& each : topic.partitions) {
            results[{topic.name.str(), each.partition_index.value}] = each.error_code;
            if (worst == ErrorCode::none) worst = each.error_code;
        }
    return worst;
}

void print_outcome(const std::string& group, ErrorCode code) {
    switch (code) {
        case ErrorCode::none:
            fmt::print("Request succeeded for deleting offsets from group {}.\n", group);
            break;
        case ErrorCode::invalid_group_id:
            fmt::print("\nError: '{}' is not valid.\n", group);
            break;
        case ErrorCode::group_id_not_found:
            fmt::print("\nError: {}\n", error_text(code));
            break;
        case ErrorCode::group_authorization_failed:
            fmt::print("\nError: Access to '{}' is not authorized.\n", group);
            break;
        case ErrorCode::non_empty_group:
            fmt::print(
                "\nError: Deletion of offsets of a consumer group '{}' that is active is "
                "forbidden.\n",
                group);
            break;
        default:
            fmt::print(
                "\nError: Encountered some partition-level error, see the follow-up details.\n");
    }
}

}  // namespace

int delete_offsets(Client& client, const Options& options) {
    const auto group = options.value("group");
    if (!group || !options.has("topic"))
        throw UsageFailure("Option [delete-offsets] takes the following options: [group], [topic]");
    Results results;
    const ErrorCode code = ask(client, *group, wanted_partitions(client, options), results);
    print_outcome(*group, code);
    fmt::print("\n{:<30} {:<15} {:<15}", "TOPIC", "PARTITION", "STATUS");
    for (const auto& [partition, result] : results)
        fmt::print("\n{:<30} {:<15} {:<15}", partition.topic,
                   partition.index < 0 ? "-" : std::to_string(partition.index),
                   result == ErrorCode::none
                       ? "Successful"
                       : fmt::format("Error: org.apache.kafka.common.errors.{}: {}",
                                     exception_name(result), error_text(result)));
    fmt::print("\n");
    return 0;
}

int validate_regex(const Options& options) {
    const auto text = options.value_or("validate-regex", "");
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    const re2::RE2 expression(text, quiet);
    if (expression.ok())
        fmt::print("The regular expression `{}` is valid.\n", text);
    else
        fmt::print("The regular expression `{}` is invalid: {}.\n", text, expression.error());
    return 0;
}

}  // namespace barnabas::cli
