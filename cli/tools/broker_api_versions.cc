// SPDX-License-Identifier: Apache-2.0
// kafka-broker-api-versions: what each broker of the cluster answers. The health check of many
// compose files.
#include <fmt/format.h>

#include <algorithm>

#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/version_output.h"
#include "protocol/messages/describe_cluster.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {bootstrap_option, command_config_option, output_option};

// Kafka's names of what clients may ask a broker, by key.
std::vector<KnownApi> known_apis() {
    std::vector<KnownApi> apis;
    for (const auto& entry : protocol::message_registry())
        if (entry.kind == protocol::MessageKind::request && is_client_api(entry.number))
            apis.push_back(
                {entry.number, api_name(entry.name), entry.version_min, entry.version_max});
    std::ranges::sort(apis, {}, &KnownApi::key);
    return apis;
}

int run(const Options& options) {
    output_form(options);
    const auto client = make_client(options, {.only_looks = true});
    const auto cluster =
        client->ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
    const auto apis = known_apis();
    Table table{{"broker", "key", "api", "min", "max", "usable"}, {}};
    std::string text;
    for (const auto& broker : cluster.brokers) {
        const auto& ranges = client->broker(broker.broker_id).ranges();
        const auto node = fmt::format("{}:{} (id: {} rack: {} isFenced: {})", broker.host.view(),
                                      broker.port, broker.broker_id.value,
                                      broker.rack ? broker.rack->view() : "null", broker.is_fenced);
        text += describe_versions(node, apis, ranges);
        add_version_rows(table, broker.broker_id.value, apis, ranges);
    }
    if (!print_if_asked(options, table)) fmt::print("{}", text);
    return 0;
}

}  // namespace

const Tool& broker_api_versions_tool() {
    static constexpr Tool tool{"broker-api-versions", "kafka-broker-api-versions",
                               "the APIs and versions that brokers answer", specs, run};
    return tool;
}

}  // namespace barnabas::cli
