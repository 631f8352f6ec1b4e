// SPDX-License-Identifier: Apache-2.0
// kafka-features: which features the broker supports and which levels are finalized, changing
// those, and what Apache Kafka 4.3 knows of features without a broker.
#include <fmt/format.h>

#include <map>

#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/feature_levels.h"
#include "cli/tools/feature_updates.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    {"bootstrap-controller", Takes::value, "host:port,...", "The controllers to connect to"},
    command_config_option,
    {"node-id", Takes::value, "id", "With describe: what this broker says"},
    {"feature", Takes::value, "name=level",
     "The feature to change or look up; several may be given"},
    {"release-version", Takes::value, "4.3", "All features as that release has them"},
    {"metadata", Takes::value, "4.3-IV0", "With upgrade, downgrade: metadata.version by its name"},
    {"unsafe", Takes::nothing, "", "With downgrade, disable: even if metadata may be lost"},
    {"dry-run", Takes::nothing, "", "Only asks whether it could be done"},
    output_option,
};

int describe(Client& client, const Options& options) {
    protocol::ApiVersionsRequest request;
    request.client_software_name = "barnabas-cli";
    request.client_software_version = BARNABAS_VERSION;
    const auto node = options.number("node-id");
    Connection& broker = node ? client.broker(BrokerId(static_cast<int32_t>(*node))) : client.any();
    const auto answer = client.ask<protocol::ApiVersionsResponse>(broker, request);
    std::map<std::string, int16_t> finalized;
    for (const auto& feature : answer.finalized_features)
        finalized[feature.name.str()] = feature.max_version_level;
    std::map<std::string, std::pair<int16_t, int16_t>> supported;
    for (const auto& feature : answer.supported_features)
        supported[feature.name.str()] = {feature.min_version, feature.max_version};
    Table table{{"feature", "supported_min", "supported_max", "finalized", "epoch"}, {}};
    for (const auto& [name, range] : supported)
        table.rows.push_back({name, level_text(name, range.first), level_text(name, range.second),
                              level_text(name, finalized[name]),
                              std::to_string(answer.finalized_features_epoch)});
    if (print_if_asked(options, table)) return 0;
    for (const auto& row : table.rows)
        fmt::print(
            "Feature: {:<42}SupportedMinVersion: {:<17}SupportedMaxVersion: {:<17}"
            "FinalizedVersionLevel: {:<17}Epoch: {}\n",
            row[0], row[1], row[2], row[3], row[4]);
    return 0;
}

[[noreturn]] void refuse(const std::string& why) {
    throw Failure(ErrorCode::invalid_request,
                  fmt::format("Command line error: {}. Type --help for help.", why));
}

int run(const Options& options) {
    const auto action = options.action();
    output_form(options);
    if (action == "version-mapping") {
        fmt::print("{}", version_mapping(options.value("release-version")));
        return 0;
    }
    if (action == "feature-dependencies") {
        const auto given = options.values("feature");
        if (given.empty()) refuse("argument --feature is required");
        fmt::print("{}", feature_dependencies(given));
        return 0;
    }
    const bool known =
        action == "describe" || action == "upgrade" || action == "downgrade" || action == "disable";
    if (!known)
        refuse(action.empty() ? "too few arguments"
                              : fmt::format("invalid choice: '{}' (choose from 'describe', "
                                            "'upgrade', 'downgrade', 'disable', "
                                            "'version-mapping', 'feature-dependencies')",
                                            action));
    if (options.has("bootstrap-server") && options.has("bootstrap-controller"))
        refuse("argument --bootstrap-controller: not allowed with argument --bootstrap-server");
    if (!options.has("bootstrap-server") && !options.has("bootstrap-controller"))
        refuse("You must specify either --bootstrap-controller or --bootstrap-server.");
    ClientNeeds needs{.only_looks = action == "describe"};
    if (!options.has("bootstrap-server") && options.has("bootstrap-controller"))
        needs.bootstrap = "bootstrap-controller";
    const auto client = make_client(options, needs);
    if (action == "describe") return describe(*client, options);
    return update_features(*client, action, options);
}

}  // namespace

const Tool& features_tool() {
    static constexpr Tool tool{
        .verb = "features",
        .script = "kafka-features",
        .summary = "features and their levels",
        .options = specs,
        .run = run,
        .actions = "describe upgrade downgrade disable version-mapping feature-dependencies",
        .failure_prefix = "",
        .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
