// SPDX-License-Identifier: Apache-2.0
// kafka-features describe: which features the broker supports and which levels are finalized.
// Changing them is refused: a Barnabas cluster is formatted with the newest levels.
#include <fmt/format.h>

#include <map>

#include "cli/table.h"
#include "cli/tools/all.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    {"bootstrap-controller", Takes::value, "host:port,...", "The controllers to connect to"},
    command_config_option,
    output_option,
};

// The names of metadata.version 7 to 30.
constexpr std::string_view metadata_names[] = {
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2",
    "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0",
    "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0"};
constexpr int16_t metadata_first = 7;

std::string level_name(std::string_view feature, int16_t level) {
    const auto index = static_cast<size_t>(level - metadata_first);
    if (feature == "metadata.version" && level >= metadata_first &&
        index < std::size(metadata_names))
        return std::string(metadata_names[index]);
    return std::to_string(level);
}

int run(const Options& options) {
    if (options.action() != "describe")
        throw UsageFailure(fmt::format(
            "kafka-features: only describe is here, not \"{}\"; a cluster is formatted with the "
            "newest level of every feature",
            options.action()));
    output_form(options);
    ClientNeeds needs{.only_looks = true};
    if (!options.has("bootstrap-server") && options.has("bootstrap-controller"))
        needs.bootstrap = "bootstrap-controller";
    const auto client = make_client(options, needs);
    protocol::ApiVersionsRequest request;
    request.client_software_name = "barnabas-cli";
    request.client_software_version = BARNABAS_VERSION;
    const auto answer = client->ask<protocol::ApiVersionsResponse>(request);
    std::map<std::string, int16_t> finalized;
    for (const auto& feature : answer.finalized_features)
        finalized[feature.name.str()] = feature.max_version_level;
    std::map<std::string, std::pair<int16_t, int16_t>> supported;
    for (const auto& feature : answer.supported_features)
        supported[feature.name.str()] = {feature.min_version, feature.max_version};
    Table table{{"feature", "supported_min", "supported_max", "finalized", "epoch"}, {}};
    for (const auto& [name, range] : supported)
        table.rows.push_back({name, level_name(name, range.first), level_name(name, range.second),
                              level_name(name, finalized[name]),
                              std::to_string(answer.finalized_features_epoch)});
    if (print_if_asked(options, table)) return 0;
    for (const auto& row : table.rows)
        fmt::print(
            "Feature: {:<42}SupportedMinVersion: {:<17}SupportedMaxVersion: {:<17}"
            "FinalizedVersionLevel: {:<17}Epoch: {}\n",
            row[0], row[1], row[2], row[3], row[4]);
    return 0;
}

}  // namespace

const Tool& features_tool() {
    static constexpr Tool tool{.verb = "features",
                               .script = "kafka-features",
                               .summary = "features and their levels",
                               .options = specs,
                               .run = run,
                               .actions = "describe",
                               .failure_prefix = "",
                               .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
