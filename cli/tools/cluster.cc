// SPDX-License-Identifier: Apache-2.0
// kafka-cluster: the cluster's id, its brokers, forgetting a broker.
#include <fmt/format.h>

#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/unregister_broker.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    {"bootstrap-server", Takes::value, "host:port,...", "The brokers to connect to", 'b'},
    {"bootstrap-controller", Takes::value, "host:port,...", "The controllers to connect to", 'C'},
    {"command-config", Takes::value, "file", "Property file with settings of the client", 'c'},
    {"config", Takes::value, "file", "The same"},
    {"id", Takes::value, "n", "With unregister: the broker to forget", 'i'},
    {"include-fenced-brokers", Takes::nothing, "", "With list-endpoints: fenced brokers too"},
    output_option,
};

int cluster_id(Client& client, const Options& options) {
    const auto answer =
        client.ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
    expect_success(answer);
    if (!print_if_asked(options, Table{{"cluster_id"}, {{answer.cluster_id.str()}}}))
        fmt::print("Cluster ID: {}\n", answer.cluster_id.view());
    return 0;
}

int list_endpoints(Client& client, const Options& options) {
    protocol::DescribeClusterRequest request;
    request.include_fenced_brokers = options.has("include-fenced-brokers");
    const auto answer = client.ask<protocol::DescribeClusterResponse>(request);
    expect_success(answer);
    Table table{{"id", "host", "port", "rack", "state", "endpoint_type"}, {}};
    for (const auto& broker : answer.brokers)
        table.rows.push_back({std::to_string(broker.broker_id.value), broker.host.str(),
                              std::to_string(broker.port),
                              broker.rack ? broker.rack->str() : "null",
                              broker.is_fenced ? "fenced" : "unfenced", "broker"});
    if (print_if_asked(options, table)) return 0;
    size_t host_width = 10;
    for (const auto& row : table.rows) host_width = std::max(host_width, row[1].size());
    const auto print = [&](const std::vector<std::string>& row) {
        fmt::print("{:<10} {:<{}} {:<10} {:<10} {:<10} {:<15}\n", row[0], row[1], host_width - 1,
                   row[2], row[3], row[4], row[5]);
    };
    print({"ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"});
    for (const auto& row : table.rows) print(row);
    return 0;
}

int unregister(Client& client, const Options& options) {
    const auto id = options.number("id");
    if (!id) throw UsageFailure("argument --id/-i is required");
    protocol::UnregisterBrokerRequest request;
    request.broker_id = BrokerId(static_cast<int32_t>(*id));
    try {
        const auto answer = client.ask<protocol::UnregisterBrokerResponse>(request);
        expect_success(answer);
        fmt::print("Broker {} is no longer registered.\n", *id);
    } catch (const Failure& failure) {
        if (failure.code() != ErrorCode::unsupported_version) throw;
        fmt::print("The target cluster does not support the broker unregistration API.\n");
    }
    return 0;
}

int run(const Options& options) {
    const auto action = options.action();
    if (action != "cluster-id" && action != "list-endpoints" && action != "unregister")
        throw UsageFailure(fmt::format(
            "kafka-cluster: expected cluster-id, list-endpoints or unregister, not \"{}\"",
            action));
    output_form(options);
    ClientNeeds needs{.config = options.has("config") ? "config" : "command-config",
                      .only_looks = action != "unregister"};
    if (!options.has("bootstrap-server") && options.has("bootstrap-controller"))
        needs.bootstrap = "bootstrap-controller";
    const auto client = make_client(options, needs);
    if (action == "cluster-id") return cluster_id(*client, options);
    if (action == "list-endpoints") return list_endpoints(*client, options);
    return unregister(*client, options);
}

}  // namespace

const Tool& cluster_tool() {
    static constexpr Tool tool{.verb = "cluster",
                               .script = "kafka-cluster",
                               .summary = "the cluster's id and its brokers",
                               .options = specs,
                               .run = run,
                               .actions = "cluster-id list-endpoints unregister",
                               .failure_prefix = "",
                               .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
