// SPDX-License-Identifier: Apache-2.0
// kafka-storage: random-uuid, format and info of log directories, and which features come with a
// release. Writes meta.properties and nothing else: the broker makes the rest of a formatted
// directory at its first start. Talks to no broker.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "base/asio/posix_disk.h"
#include "base/random.h"
#include "broker/broker_config.h"
#include "cli/tools/all.h"
#include "cli/tools/feature_levels.h"
#include "storage/meta_properties.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    {"config", Takes::value, "server.properties", "The broker's settings", 'c'},
    {"cluster-id", Takes::value, "id", "With format: the cluster's id", 't'},
    {"ignore-formatted", Takes::nothing, "", "With format: leave formatted directories alone", 'g'},
    {"standalone", Takes::nothing, "", "With format: a quorum of one, which it always is", 's'},
    {"no-initial-controllers", Takes::nothing, "", "Accepted: the node is its own controller", 'N'},
    {"initial-controllers", Takes::value, "id@host:port:dir", "Accepted for this node only", 'I'},
    {"release-version", Takes::value, "4.3",
     "With version-mapping: the release; with format only the newest levels are there", 'r'},
    {"feature", Takes::value, "name=level",
     "With feature-dependencies: the feature; with format only the newest level is there", 'f'},
    {"add-scram", Takes::value, "user", "Not supported: use kafka-configs --alter --user", 'S'},
};

broker::BrokerConfig read_config(const Options& options) {
    const auto path = options.value("config");
    if (!path) throw UsageFailure("kafka-storage: error: argument --config/-c is required");
    const auto properties = read_settings(*path);
    std::string refusal;
    auto config = broker::make_broker_config(properties, refusal);
    if (!config) throw Failure(ErrorCode::invalid_config, fmt::format("{}: {}", *path, refusal));
    return std::move(*config);
}

std::optional<storage::MetaProperties> look(Disk& disk, const std::string& directory) {
    const auto found = storage::read_meta_properties(disk, directory);
    if (!found)
        throw Failure(found.error().code,
                      fmt::format("{}/meta.properties: {}", directory, found.error().where));
    return *found;
}

void write(Disk& disk, const std::string& directory, const storage::MetaProperties& properties) {
    auto done = disk.make_directories(directory);
    if (done) done = storage::write_meta_properties(disk, directory, properties);
    if (!done)
        throw Failure(done.error().code,
                      fmt::format("Cannot format {}: {}", directory,
                                  done.error().os_error ? std::strerror(done.error().os_error)
                                                        : done.error().where));
}

// A cluster begins with the newest levels: whoever asks for others shall know.
void check_levels(const Options& options) {
    if (const auto release = options.value("release-version"))
        if (known_release(*release) != metadata_version_max)
            fmt::print(stderr, "--release-version {}: formatted with metadata.version {} anyway\n",
                       *release, *metadata_version_name(metadata_version_max));
    for (const auto& text : options.values("feature")) {
        const auto [name, level] = parse_feature(text);
        const Feature* feature = find_feature(name);
        if (!feature && name != metadata_feature)
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("Unsupported feature: {}.", name));
        const int16_t newest = feature ? feature->newest : metadata_version_max;
        if (level != newest)
            fmt::print(stderr, "--feature {}: formatted with level {} anyway\n", text, newest);
    }
}

int format(const Options& options) {
    check_levels(options);
    const auto config = read_config(options);
    const auto cluster_id = options.value("cluster-id");
    if (!cluster_id || cluster_id->empty())
        throw UsageFailure("kafka-storage: error: argument --cluster-id/-t is required");
    if (options.has("add-scram"))
        throw Failure(ErrorCode::unsupported_version,
                      "--add-scram is not supported: start the broker, then add the user with "
                      "kafka-configs --alter --user NAME --add-config "
                      "'SCRAM-SHA-256=[password=...]'");
    PosixDisk disk;
    std::vector<std::string> unformatted;
    for (const auto& directory : config.log_dirs) {
        const auto found = look(disk, directory);
        if (!found) {
            unformatted.push_back(directory);
            continue;
        }
        if (!options.has("ignore-formatted"))
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("Log directory {} is already formatted. Use "
                                      "--ignore-formatted to ignore this directory and format "
                                      "the others.",
                                      directory));
        if (found->cluster_id != *cluster_id || found->node_id != config.node_id)
            throw Failure(ErrorCode::inconsistent_cluster_id,
                          fmt::format("{} belongs to node {} of cluster {}, not to node {} of {}: "
                                      "give the id it was formatted with, or another directory",
                                      directory, found->node_id.value, found->cluster_id,
                                      config.node_id.value, *cluster_id));
    }
    if (unformatted.empty()) fmt::print("All of the log directories are already formatted.\n");
    Random random(random_seed());
    for (const auto& directory : unformatted) {
        write(disk, directory, {*cluster_id, config.node_id, random.uuid()});
        fmt::print(
            "Formatting dynamic metadata voter directory {} with metadata.version 4.3-IV0.\n",
            directory);
    }
    return 0;
}

void print_list(std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    fmt::print("{}{}:\n", title, lines.size() == 1 ? "y" : "ies");
    for (const auto& line : lines) fmt::print("  {}\n", line);
    fmt::print("\n");
}

int info(const Options& options) {
    const auto config = read_config(options);
    PosixDisk disk;
    std::vector<std::string> directories, problems;
    std::optional<storage::MetaProperties> known;
    for (const auto& directory : config.log_dirs) {
        if (const auto there = disk.exists(directory); !there || !*there) {
            problems.push_back(fmt::format("{} does not exist", directory));
            continue;
        }
        directories.push_back(directory);
        const auto found = look(disk, directory);
        if (!found) problems.push_back(fmt::format("{} is not formatted.", directory));
        if (found && known && found->cluster_id != known->cluster_id)
            problems.push_back(fmt::format("{} has the cluster id {}, another one has {}",
                                           directory, found->cluster_id, known->cluster_id));
        if (found && !known) known = *found;
    }
    print_list("Found log director", directories);
    if (known)
        fmt::print("Found metadata: {{cluster.id={}, directory.id={}, node.id={}, version=1}}\n\n",
                   known->cluster_id, known->directory_id.str(), known->node_id.value);
    if (problems.empty()) return 0;
    fmt::print("Found problem{}:\n  {}\n\n", problems.size() == 1 ? "" : "s",
               fmt::join(problems, "\n  "));
    return 1;
}

int run(const Options& options) {
    const auto action = options.action();
    if (action == "random-uuid") {
        Random random(random_seed());
        fmt::print("{}\n", random.uuid().str());
        return 0;
    }
    if (action == "format") return format(options);
    if (action == "info") return info(options);
    if (action == "version-mapping") {
        fmt::print("{}", version_mapping(options.value("release-version")));
        return 0;
    }
    if (action == "feature-dependencies") {
        const auto given = options.values("feature");
        if (given.empty())
            throw UsageFailure("kafka-storage: error: argument --feature/-f is required");
        fmt::print("{}", feature_dependencies(given));
        return 0;
    }
    throw UsageFailure(
        fmt::format("kafka-storage: error: invalid choice: '{}' (choose from 'info', 'format', "
                    "'version-mapping', 'feature-dependencies', 'random-uuid')",
                    action));
}

}  // namespace

const Tool& storage_tool() {
    static constexpr Tool tool{
        .verb = "storage",
        .script = "kafka-storage",
        .summary = "format log directories, make ids",
        .options = specs,
        .run = run,
        .actions = "random-uuid format info version-mapping feature-dependencies",
        .abbreviations = true};
    return tool;
}

}  // namespace barnabas::cli
