// SPDX-License-Identifier: Apache-2.0
// kafka-metadata-quorum: the state of the metadata quorum, and its voters.
#include <fmt/format.h>

#include <map>

#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "cli/tools/quorum_output.h"
#include "cli/tools/quorum_voters.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_quorum.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    {"bootstrap-controller", Takes::value, "host:port,...", "The controllers to connect to"},
    command_config_option,
    {"status", Takes::nothing, "", "A summary of the quorum"},
    {"replication", Takes::nothing, "", "How far each replica is"},
    {"human-readable", Takes::nothing, "", "With --replication: ages instead of timestamps"},
    {"controller-id", Takes::value, "id", "With remove-controller: its node.id", 'i'},
    {"controller-directory-id", Takes::value, "id",
     "With remove-controller: the directory.id of its metadata", 'd'},
    {"dry-run", Takes::nothing, "", "With add-controller, remove-controller: only tells"},
    output_option,
};

using Endpoints = std::map<int32_t, std::vector<std::string>>;

template <class Replicas>
std::vector<QuorumReplica> replicas_of(const Replicas& states, const Endpoints& endpoints) {
    std::vector<QuorumReplica> replicas;
    for (const auto& state : states) {
        QuorumReplica replica{state.replica_id.value,         "",
                              state.log_end_offset.value,     state.last_fetch_timestamp,
                              state.last_caught_up_timestamp, {}};
        replica.directory = state.replica_directory_id.str();
        if (const auto found = endpoints.find(replica.id); found != endpoints.end())
            replica.endpoints = found->second;
        replicas.push_back(std::move(replica));
    }
    return replicas;
}

Quorum ask_quorum(Client& client) {
    protocol::DescribeQuorumRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = "__cluster_metadata";
    topic.partitions.emplace_back();
    const auto answer = client.ask<protocol::DescribeQuorumResponse>(request);
    expect_success(answer);
    if (answer.topics.size() != 1 || answer.topics[0].partitions.size() != 1)
        throw Failure(ErrorCode::unknown_server_error,
                      "The answer does not tell of __cluster_metadata-0");
    const auto& partition = answer.topics[0].partitions[0];
    expect_success(partition);
    Endpoints endpoints;
    for (const auto& node : answer.nodes)
        for (const auto& listener : node.listeners)
            endpoints[node.node_id.value].push_back(fmt::format(
                "{}://{}:{}", listener.name.view(), listener.host.view(), listener.port));
    Quorum quorum;
    quorum.leader = partition.leader_id.value;
    quorum.epoch = partition.leader_epoch.value;
    quorum.high_watermark = partition.high_watermark.value;
    quorum.voters = replicas_of(partition.current_voters, endpoints);
    quorum.observers = replicas_of(partition.observers, {});
    return quorum;
}

int describe(Client& client, const Options& options) {
    Quorum quorum = ask_quorum(client);
    if (options.has("status")) {
        quorum.cluster_id =
            client.ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{})
                .cluster_id.str();
        if (!print_if_asked(options, quorum_status_table(quorum)))
            fmt::print("{}", quorum_status(quorum));
        return 0;
    }
    const int64_t now = options.has("human-readable") ? client.wall_ms() : -1;
    if (!print_if_asked(options, quorum_replication_table(quorum, now)))
        fmt::print("{}", quorum_replication(quorum, now));
    return 0;
}

void check_describe(const Options& options) {
    const bool status = options.has("status"), replication = options.has("replication");
    std::string_view refusal;
    if (status && replication)
        refusal =
            "Only one of --status or --replication should be specified with describe sub-command";
    else if (!status && !replication)
        refusal = "One of --status or --replication must be specified with describe sub-command";
    else if (status && options.has("human-readable"))
        refusal = "The option --human-readable is only supported along with --replication";
    if (!refusal.empty()) throw Failure(ErrorCode::invalid_request, std::string(refusal));
}

int run(const Options& options) {
    const auto action = options.action();
    if (action != "describe" && action != "add-controller" && action != "remove-controller")
        throw UsageFailure(
            fmt::format("kafka-metadata-quorum: error: invalid choice: '{}' (choose from "
                        "'describe', 'add-controller', 'remove-controller')",
                        action));
    if (action == "describe") check_describe(options);
    output_form(options);
    ClientNeeds needs{.only_looks = action == "describe"};
    if (!options.has("bootstrap-server") && options.has("bootstrap-controller"))
        needs.bootstrap = "bootstrap-controller";
    const auto client = make_client(options, needs);
    if (action == "describe") return describe(*client, options);
    if (action == "add-controller") return add_controller(*client, options);
    return remove_controller(*client, options);
}

}  // namespace

const Tool& metadata_quorum_tool() {
    static constexpr Tool tool{.verb = "metadata-quorum",
                               .script = "kafka-metadata-quorum",
                               .summary = "state and voters of the metadata quorum",
                               .options = specs,
                               .run = run,
                               .actions = "describe add-controller remove-controller",
                               .failure_prefix = "",
                               .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
