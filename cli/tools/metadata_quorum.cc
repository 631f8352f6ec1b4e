// SPDX-License-Identifier: Apache-2.0
// kafka-metadata-quorum describe: the state of the metadata quorum.
#include <fmt/format.h>

#include <map>

#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "cli/tools/quorum_output.h"
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

int run(const Options& options) {
    if (options.action() != "describe")
        throw UsageFailure(
            "kafka-metadata-quorum: expected the action describe; a quorum of one "
            "has no controllers to add or remove");
    const bool status = options.has("status");
    if (status == options.has("replication"))
        throw Failure(
            ErrorCode::invalid_request,
            "One of --status or --replication must be specified with describe sub-command");
    output_form(options);
    ClientNeeds needs{.only_looks = true};
    if (!options.has("bootstrap-server") && options.has("bootstrap-controller"))
        needs.bootstrap = "bootstrap-controller";
    const auto client = make_client(options, needs);
    Quorum quorum = ask_quorum(*client);
    if (status) {
        quorum.cluster_id =
            client->ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{})
                .cluster_id.str();
        if (!print_if_asked(options, quorum_status_table(quorum)))
            fmt::print("{}", quorum_status(quorum));
        return 0;
    }
    const int64_t now = options.has("human-readable") ? client->wall_ms() : -1;
    if (!print_if_asked(options, quorum_replication_table(quorum, now)))
        fmt::print("{}", quorum_replication(quorum, now));
    return 0;
}

}  // namespace

const Tool& metadata_quorum_tool() {
    static constexpr Tool tool{.verb = "metadata-quorum",
                               .script = "kafka-metadata-quorum",
                               .summary = "state of the metadata quorum",
                               .options = specs,
                               .run = run,
                               .actions = "describe",
                               .failure_prefix = "",
                               .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
