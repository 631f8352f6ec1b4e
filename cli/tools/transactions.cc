// SPDX-License-Identifier: Apache-2.0
// kafka-transactions: what transaction coordinators know (list, describe), and the actions of
// hanging_transactions.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/client/error_text.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/hanging_transactions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"transactional-id", Takes::value, "id", "With describe: the transactional id"},
    {"transactionalId", Takes::value, "id", "With forceTerminateTransaction: the same"},
    {"duration-filter", Takes::value, "ms", "With list: only transactions open for longer"},
    {"transactional-id-pattern", Takes::value, "regex", "With list: only ids that match"},
    {"topic", Takes::value, "topic", "With abort, describe-producers, find-hanging: the topic"},
    {"partition", Takes::value, "partition", "With these: the partition"},
    {"broker-id", Takes::value, "id", "With describe-producers, find-hanging: on this broker"},
    {"max-transaction-timeout", Takes::value, "minutes",
     "With find-hanging: only what is open for longer (15)"},
    {"start-offset", Takes::value, "offset", "With abort: where the transaction begins"},
    {"producer-id", Takes::value, "id", "With abort, instead of the offset"},
    {"producer-epoch", Takes::value, "epoch", "With abort and --producer-id"},
    {"coordinator-epoch", Takes::value, "epoch", "With abort and --producer-id"},
    output_option,
};

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
        print_tabbed({"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}, table);
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
        print_tabbed({"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch",
                      "TransactionState", "TransactionTimeoutMs", "CurrentTransactionStartTimeMs",
                      "TransactionDurationMs", "TopicPartitions"},
                     table);
    return 0;
}

int force_terminate(Client& client, const Options& options) {
    const auto id = options.value("transactionalId");
    if (!id) throw UsageFailure("argument --transactionalId is required");
    protocol::InitProducerIdRequest request;
    request.transactional_id = Text(*id);
    request.transaction_timeout_ms = static_cast<int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(client.request_timeout()).count());
    // Another epoch for the id: what is open under the old one is aborted.
    constexpr AskLimits stable{.version_max = 5};
    for (const Nanos end = client.now() + client.request_timeout();;
         client.sleep(std::chrono::milliseconds(50))) {
        const auto answer = client.ask<protocol::InitProducerIdResponse>(
            client.coordinator(CoordinatorType::transaction, *id), request, stable);
        if (answer.error_code == ErrorCode::none) return 0;
        const bool later = answer.error_code == ErrorCode::concurrent_transactions ||
                           answer.error_code == ErrorCode::not_coordinator ||
                           answer.error_code == ErrorCode::coordinator_load_in_progress;
        if (!later || client.now() > end)
            throw Failure(answer.error_code,
                          fmt::format("Failed to force terminate transactionalId `{}`: {}", *id,
                                      error_text(answer.error_code)));
    }
}

struct Action {
    std::string_view name;
    int (*run)(Client& client, const Options& options);
    bool only_looks;
};
constexpr Action actions[] = {
    {"list", list, true},
    {"describe", describe, true},
    {"describe-producers", describe_producers, true},
    {"find-hanging", find_hanging, true},
    {"abort", abort_transaction, false},
    {"forceTerminateTransaction", force_terminate, false},
};

int run(const Options& options) {
    const auto* const action = std::ranges::find(actions, options.action(), &Action::name);
    if (action == std::end(actions))
        throw UsageFailure(fmt::format("argument COMMAND: invalid choice: '{}'", options.action()));
    output_form(options);
    const auto client = make_client(options, {.only_looks = action->only_looks});
    return action->run(*client, options);
}

}  // namespace

const Tool& transactions_tool() {
    static constexpr Tool tool{
        .verb = "transactions",
        .script = "kafka-transactions",
        .summary = "transactions: list, describe, find and abort hanging ones",
        .options = specs,
        .run = run,
        .actions =
            "list describe describe-producers find-hanging abort "
            "forceTerminateTransaction",
        .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
