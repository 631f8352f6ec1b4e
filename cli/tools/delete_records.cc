// SPDX-License-Identifier: Apache-2.0
// kafka-delete-records: deletes the records of partitions in front of offsets that a JSON file
// names:
// {"version":1,"partitions":[{"topic":"t","partition":0,"offset":3}]}; offset -1 is the end.
#include "protocol/messages/delete_records.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "base/asio/posix_disk.h"
#include "cli/client/error_text.h"
#include "cli/client/offsets.h"
#include "cli/tools/all.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"offset-json-file", Takes::value, "file", "REQUIRED: what to delete"},
};

constexpr uint64_t file_bytes_max = 64 << 20;
constexpr int32_t timeout_ms = 60'000;

using Wanted = std::map<PartitionName, int64_t>;

[[noreturn]] void refuse(std::string text) {
    throw Failure(ErrorCode::invalid_request, std::move(text));
}

int64_t number(const boost::json::value& item, const char* key) {
    const auto* value = item.is_object() ? item.as_object().if_contains(key) : nullptr;
    if (!value || !value->is_int64()) refuse(fmt::format("Missing or wrong \"{}\"", key));
    return value->as_int64();
}

Wanted read_file(const std::string& path) {
    PosixDisk disk;
    const auto content = disk.read_file(path, file_bytes_max);
    if (!content) refuse(fmt::format("Unable to read file {}", path));
    boost::system::error_code error;
    const auto json = boost::json::parse(std::string(as_text(*content)), error);
    if (error) refuse("The input string is not a valid JSON");
    if (json.is_object() && json.as_object().contains("version") && number(json, "version") != 1)
        refuse(fmt::format("Not supported version field value {}", number(json, "version")));
    const auto* list = json.is_object() ? json.as_object().if_contains("partitions") : nullptr;
    if (!list || !list->is_array()) refuse("Missing partitions field");
    Wanted wanted;
    for (const auto& item : list->as_array()) {
        const auto* topic = item.is_object() ? item.as_object().if_contains("topic") : nullptr;
        if (!topic || !topic->is_string()) refuse("Missing or wrong \"topic\"");
        const PartitionName name{std::string(topic->as_string()),
                                 static_cast<int32_t>(number(item, "partition"))};
        if (!wanted.emplace(name, number(item, "offset")).second)
            refuse(fmt::format("Offset json file contains duplicate topic partitions: {}",
                               name.str()));
    }
    return wanted;
}

// In front of a reason, as Kafka's tool prints it and scripts look for it.
std::string_view exception_name(ErrorCode code) {
    return code == ErrorCode::offset_out_of_range
               ? "org.apache.kafka.common.errors.OffsetOutOfRangeException: "
               : "";
}

std::string ask_one(Client& client, const PartitionName& partition, int64_t offset) {
    protocol::DeleteRecordsRequest request;
    request.timeout_ms = timeout_ms;
    auto& topic = request.topics.emplace_back();
    topic.name = Text(partition.topic);
    auto& item = topic.partitions.emplace_back();
    item.partition_index = PartitionIndex(partition.index);
    item.offset = Offset(offset);
    try {
        const auto answer = client.ask<protocol::DeleteRecordsResponse>(
            client.leader(partition.topic, partition.index), request);
        for (const auto& found : answer.topics)
            for (const auto& result : found.partitions)
                return result.error_code == ErrorCode::none
                           ? fmt::format("low_watermark: {}", result.low_watermark.value)
                           : fmt::format("error: {}{}", exception_name(result.error_code),
                                         error_text(result.error_code));
        return "error: the broker did not answer for it";
    } catch (const Failure& failure) {
        if (failure.code() != ErrorCode::unknown_topic_or_partition &&
            failure.code() != ErrorCode::leader_not_available)
            throw;
        return fmt::format("error: {}", failure.text());
    }
}

int run(const Options& options) {
    const auto path = options.value("offset-json-file");
    if (!path) throw UsageFailure("Missing required argument \"[offset-json-file]\"");
    const Wanted wanted = read_file(*path);
    const auto client = make_client(options);
    fmt::print("Executing records delete operation\n");
    std::string text;
    for (const auto& [partition, offset] : wanted)
        text += fmt::format("partition: {}\t{}\n", partition.str(),
                            ask_one(*client, partition, offset));
    fmt::print("Records delete operation completed:\n{}", text);
    return 0;
}

}  // namespace

const Tool& delete_records_tool() {
    static constexpr Tool tool{"delete-records", "kafka-delete-records",
                               "deletes the records in front of given offsets", specs, run};
    return tool;
}

}  // namespace barnabas::cli
