// SPDX-License-Identifier: Apache-2.0
// kafka-transactions list and describe: what transaction coordinators know.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/client/error_text.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/list_transactions.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"transactional-id", Takes::value, "id", "With describe: the transactional id"},
    {"duration-filter", Takes::value, "ms", "With list: only transactions open for longer"},
    {"transactional-id-pattern", Takes::value, "regex", "With list: only ids that match"},
    output_option,
};

// Columns as wide as their longest cell, with tabs between, as Kafka prints them.
void print_columns(const std::vector<std::string>& header, const Table& table) {
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

int list(Client& client, const Options& options) {
    protocol::ListTransactionsRequest request;
    request.duration_filter = options.number_or("duration-filter", -1);
    request.transactional_id_pattern.reset();
    if (const auto pattern = options.value("transactional-id-pattern"))
        request.transactional_id_pattern = Text(*pattern);
    Table table{{"transactional_id", "coordinator", "producer_id", "state"}, {}};
    for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers) {
        const auto answer =
            client.ask<protocol::ListTransactionsResponse>(client.broker(broker.node_id), request);
        if (answer.error_code != ErrorCode::none)
            throw Failure(answer.error_code, fmt::format("Failed to list transactions: {}",
                                                         error_text(answer.error_code)));
        for (const auto& found : answer.transaction_states)
            table.rows.push_back(
                {found.transactional_id.str(), std::to_string(broker.node_id.value),
                 std::to_string(found.producer_id.value), found.transaction_state.str()});
    }
    std::ranges::sort(table.rows);
    if (!print_if_asked(options, table))
        print_columns({"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}, table);
    return 0;
}

int describe(Client& client, const Options& options) {
    const auto id = options.value("transactional-id");
    if (!id) throw UsageFailure("argument --transactional-id is required");
    Connection& coordinator = client.coordinator(CoordinatorType::transaction, *id);
    std::string node = "-";
    for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers)
        if (coordinator.address() == Address{broker.host.str(), static_cast<uint16_t>(broker.port)})
            node = std::to_string(broker.node_id.value);
    protocol::DescribeTransactionsRequest request;
    request.transactional_ids.emplace_back(*id);
    const auto answer = client.ask<protocol::DescribeTransactionsResponse>(coordinator, request);
    Table table{{"coordinator", "transactional_id", "producer_id", "producer_epoch", "state",
                 "timeout_ms", "start_time_ms", "duration_ms", "partitions"},
                {}};
    for (const auto& found : answer.transaction_states) {
        if (found.error_code == ErrorCode::transactional_id_not_found)
            throw Failure(found.error_code,
                          fmt::format("Failed to describe transaction state of transactional-id "
                                      "`{0}`: DescribeTransactions request for transactionalId "
                                      "`{0}` failed because the ID could not be found",
                                      *id));
        if (found.error_code != ErrorCode::none)
            throw Failure(found.error_code, std::string(error_text(found.error_code)));
        std::vector<std::string> partitions;
        for (const auto& topic : found.topics)
            for (const auto partition : topic.partitions)
                partitions.push_back(fmt::format("{}-{}", topic.topic.view(), partition.value));
        const bool open = found.transaction_start_time_ms >= 0;
        table.rows.push_back(
            {node, *id, std::to_string(found.producer_id.value),
             std::to_string(found.producer_epoch), found.transaction_state.str(),
             std::to_string(found.transaction_timeout_ms),
             open ? std::to_string(found.transaction_start_time_ms) : "None",
             open ? std::to_string(client.wall_ms() - found.transaction_start_time_ms) : "None",
             fmt::format("{}", fmt::join(partitions, ","))});
    }
    if (!print_if_asked(options, table))
        print_columns({"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch",
                       "TransactionState", "TransactionTimeoutMs", "CurrentTransactionStartTimeMs",
                       "TransactionDurationMs", "TopicPartitions"},
                      table);
    return 0;
}

int run(const Options& options) {
    const auto action = options.action();
    if (action != "list" && action != "describe")
        throw UsageFailure(
            fmt::format("kafka-transactions: expected list or describe, not \"{}\"", action));
    output_form(options);
    const auto client = make_client(options, {.only_looks = true});
    return action == "list" ? list(*client, options) : describe(*client, options);
}

}  // namespace

const Tool& transactions_tool() {
    static constexpr Tool tool{.verb = "transactions",
                               .script = "kafka-transactions",
                               .summary = "transactions that coordinators know",
                               .options = specs,
                               .run = run,
                               .actions = "list describe",
                               .failure_prefix = "",
                               .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
