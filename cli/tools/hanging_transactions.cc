// SPDX-License-Identifier: Apache-2.0
// See hanging_transactions.h.
#include "cli/tools/hanging_transactions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/client/error_text.h"
#include "cli/tool.h"
#include "cli/tools/filters.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/write_txn_markers.h"

namespace barnabas::cli {

namespace {

constexpr int64_t minute_ms = 60'000;

using Producer = protocol::describe_producers_response_types::ProducerState;

struct Partition {
    std::string topic;
    int32_t index = 0;
    auto operator<=>(const Partition&) const = default;
    std::string str() const { return fmt::format("{}-{}", topic, index); }
};

struct Open {
    Partition partition;
    Producer producer;
};

std::string required(const Options& options, std::string_view name) {
    if (auto value = options.value(name)) return *value;
    throw UsageFailure(fmt::format("argument --{} is required", name));
}

Partition partition_of(const Options& options) {
    return {required(options, "topic"),
            static_cast<int32_t>(parse_number("partition", required(options, "partition")))};
}

std::vector<Producer> producers_of(Client& client, const Partition& partition,
                                   std::optional<int64_t> broker, std::string_view failed) {
    protocol::DescribeProducersRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = Text(partition.topic);
    topic.partition_indexes = {PartitionIndex(partition.index)};
    Connection& connection = broker ? client.broker(BrokerId(static_cast<int32_t>(*broker)))
                                    : client.leader(partition.topic, partition.index);
    const auto answer = client.ask<protocol::DescribeProducersResponse>(connection, request);
    std::vector<Producer> producers;
    for (const auto& found : answer.topics)
        for (const auto& each : found.partitions) {
            if (each.error_code != ErrorCode::none)
                throw Failure(each.error_code,
                              fmt::format("{}: {}", failed,
                                          answer_text(each.error_code, each.error_message)));
            producers = each.active_producers;
        }
    return producers;
}

int64_t start_of(const Producer& producer) {
    return producer.current_txn_start_offset.value;
}

// All partitions of a topic or of all topics, or one; those on `broker`, if that is given.
std::vector<Partition> partitions_to_search(Client& client, const Options& options,
                                            std::optional<int64_t> broker) {
    const auto topic = options.value("topic");
    if (topic && options.has("partition")) return {partition_of(options)};
    const auto metadata =
        topic ? client.metadata(std::vector<std::string>{*topic}) : client.metadata();
    std::vector<Partition> partitions;
    for (const auto& found : metadata.topics) {
        if (found.error_code != ErrorCode::none)
            throw Failure(found.error_code, fmt::format("Failed to describe 1 topics: {}",
                                                        error_text(found.error_code)));
        for (const auto& each : found.partitions)
            if (!broker || std::ranges::any_of(each.replica_nodes,
                                               [&](BrokerId id) { return id.value == *broker; }))
                partitions.push_back({found.name->str(), each.partition_index.value});
    }
    std::ranges::sort(partitions);
    return partitions;
}

// What coordinators say: which transactional id a producer has.
std::map<int64_t, std::string> transactional_ids(Client& client, const std::vector<Open>& open) {
    protocol::ListTransactionsRequest request;
    request.transactional_id_pattern.reset();
    for (const auto& each : open) request.producer_id_filters.push_back(each.producer.producer_id);
    std::map<int64_t, std::string> ids;
    for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers) {
        const auto answer =
            client.ask<protocol::ListTransactionsResponse>(client.broker(broker.node_id), request);
        if (answer.error_code != ErrorCode::none)
            throw Failure(answer.error_code,
                          fmt::format("Failed to list transactions for {} producers: {}",
                                      open.size(), error_text(answer.error_code)));
        for (const auto& found : answer.transaction_states)
            ids[found.producer_id.value] = found.transactional_id.str();
    }
    return ids;
}

// Where the coordinator of `id` still has to write, or may write, a marker.
std::set<Partition> partitions_of(Client& client, const std::string& id) {
    protocol::DescribeTransactionsRequest request;
    request.transactional_ids.emplace_back(id);
    const auto answer = client.ask<protocol::DescribeTransactionsResponse>(
        client.coordinator(CoordinatorType::transaction, id), request);
    std::set<Partition> partitions;
    for (const auto& state : answer.transaction_states) {
        if (state.error_code == ErrorCode::transactional_id_not_found) continue;
        if (state.error_code != ErrorCode::none)
            throw Failure(state.error_code, fmt::format("Failed to describe 1 transactions: {}",
                                                        error_text(state.error_code)));
        for (const auto& topic : state.topics)
            for (const auto index : topic.partitions)
                partitions.insert({topic.topic.str(), index.value});
    }
    return partitions;
}

std::vector<Open> open_transactions(Client& client, const Options& options) {
    const auto broker = options.number("broker-id");
    const int64_t limit_ms = options.number_or("max-transaction-timeout", 15) * minute_ms;
    std::vector<Open> open;
    for (const auto& partition : partitions_to_search(client, options, broker))
        for (const auto& producer :
             producers_of(client, partition, broker,
                          fmt::format("Failed to describe producers for 1 partitions on broker {}",
                                      broker.value_or(-1))))
            if (start_of(producer) >= 0 && client.wall_ms() - producer.last_timestamp > limit_ms)
                open.push_back({partition, producer});
    return open;
}

struct Marker {
    Partition partition;
    ProducerId producer_id;
    int16_t epoch = 0;
    int32_t coordinator_epoch = 0;

    std::string str() const {
        return fmt::format(
            "AbortTransactionSpec(topicPartition={}, producerId={}, producerEpoch={}, "
            "coordinatorEpoch={})",
            partition.str(), producer_id.value, epoch, coordinator_epoch);
    }
};

// The producer whose transaction begins at `offset`.
Marker marker_at(Client& client, const Partition& partition, int64_t offset) {
    const auto producers = producers_of(
        client, partition, std::nullopt,
        fmt::format("Failed to validate producer state for partition {}", partition.str()));
    const auto found = std::ranges::find(producers, offset, start_of);
    if (found == producers.end())
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("Could not find any open transactions starting at offset {} on "
                                  "partition {}",
                                  offset, partition.str()));
    // A transaction that no marker ended before has no coordinator epoch; 0 is older than any.
    return {partition, found->producer_id, static_cast<int16_t>(found->producer_epoch),
            std::max(found->coordinator_epoch, 0)};
}

Marker marker_of(Client& client, const Options& options) {
    if (!options.has("start-offset") && !options.has("producer-id"))
        throw Failure(
            ErrorCode::invalid_request,
            "The transaction to abort must be identified either with --start-offset (for brokers "
            "on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch "
            "(for older brokers)");
    const Partition partition = partition_of(options);
    if (const auto offset = options.number("start-offset"))
        return marker_at(client, partition, *offset);
    for (const std::string_view name : {"producer-epoch", "coordinator-epoch"})
        if (!options.has(name))
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("Missing required argument --{}", name));
    return {partition, ProducerId(*options.number("producer-id")),
            static_cast<int16_t>(*options.number("producer-epoch")),
            static_cast<int32_t>(std::max<int64_t>(*options.number("coordinator-epoch"), 0))};
}

}  // namespace

void print_tabbed(const std::vector<std::string>& header, const Table& table) {
    std::vector<std::vector<std::string>> lines{header};
    lines.insert(lines.end(), table.rows.begin(), table.rows.end());
    std::vector<size_t> widths(header.size(), 0);
    for (const auto& line : lines)
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    for (const auto& line : lines) {
        for (size_t i = 0; i < line.size(); ++i) fmt::print("{:<{}}\t", line[i], widths[i]);
        fmt::print("\n");
    }
}

int describe_producers(Client& client, const Options& options) {
    const Partition partition = partition_of(options);
    const auto broker = options.number("broker-id");
    Table table{{"producer_id", "producer_epoch", "latest_coordinator_epoch", "last_sequence",
                 "last_timestamp", "current_transaction_start_offset"},
                {}};
    for (const auto& each : producers_of(
             client, partition, broker,
             fmt::format("Failed to describe producers for partition {} on {}", partition.str(),
                         broker ? fmt::format("broker {}", *broker) : "leader")))
        table.rows.push_back(
            {std::to_string(each.producer_id.value), std::to_string(each.producer_epoch),
             std::to_string(each.coordinator_epoch), std::to_string(each.last_sequence),
             std::to_string(each.last_timestamp),
             start_of(each) < 0 ? "None" : std::to_string(start_of(each))});
    if (!print_if_asked(options, table))
        print_tabbed({"ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence",
                      "LastTimestamp", "CurrentTransactionStartOffset"},
                     table);
    return 0;
}

int find_hanging(Client& client, const Options& options) {
    if (!options.has("topic") && !options.has("broker-id"))
        throw Failure(ErrorCode::invalid_request,
                      "The `find-hanging` command requires either --topic or --broker-id to limit "
                      "the scope of the search");
    if (options.has("partition") && !options.has("topic"))
        throw Failure(ErrorCode::invalid_request,
                      "The --partition argument requires --topic to be provided");
    const auto open = open_transactions(client, options);
    const auto ids =
        open.empty() ? std::map<int64_t, std::string>{} : transactional_ids(client, open);
    std::map<std::string, std::set<Partition>> known;
    for (const auto& [producer, id] : ids) known[id] = partitions_of(client, id);
    Table table{{"topic", "partition", "producer_id", "producer_epoch", "coordinator_epoch",
                 "start_offset", "last_timestamp", "duration_min"},
                {}};
    for (const auto& [partition, producer] : open) {
        const auto id = ids.find(producer.producer_id.value);
        if (id != ids.end() && known.at(id->second).contains(partition)) continue;
        table.rows.push_back(
            {partition.topic, std::to_string(partition.index),
             std::to_string(producer.producer_id.value), std::to_string(producer.producer_epoch),
             std::to_string(producer.coordinator_epoch), std::to_string(start_of(producer)),
             std::to_string(producer.last_timestamp),
             std::to_string((client.wall_ms() - producer.last_timestamp) / minute_ms)});
    }
    if (!print_if_asked(options, table))
        print_tabbed({"Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch",
                      "StartOffset", "LastTimestamp", "Duration(min)"},
                     table);
    return 0;
}

int abort_transaction(Client& client, const Options& options) {
    const Marker marker = marker_of(client, options);
    protocol::WriteTxnMarkersRequest request;
    auto& wanted = request.markers.emplace_back();
    wanted.producer_id = marker.producer_id;
    wanted.producer_epoch = marker.epoch;
    wanted.transaction_result = false;
    wanted.coordinator_epoch = marker.coordinator_epoch;
    auto& topic = wanted.topics.emplace_back();
    topic.name = Text(marker.partition.topic);
    topic.partition_indexes = {PartitionIndex(marker.partition.index)};
    const auto answer = client.ask<protocol::WriteTxnMarkersResponse>(
        client.leader(marker.partition.topic, marker.partition.index), request);
    for (const auto& result : answer.markers)
        for (const auto& found : result.topics)
            for (const auto& each : found.partitions)
                if (each.error_code != ErrorCode::none)
                    throw Failure(each.error_code,
                                  fmt::format("Failed to abort transaction {}: {}", marker.str(),
                                              error_text(each.error_code)));
    return 0;
}

}  // namespace barnabas::cli
