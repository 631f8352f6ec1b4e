// SPDX-License-Identifier: Apache-2.0
// kafka-configs: describes and changes the settings of topics, brokers, groups, client metrics and
// loggers. Users, clients and ips are in client_quotas.h.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/tools/all.h"
#include "cli/tools/client_quotas.h"
#include "cli/tools/config_entities.h"
#include "cli/tools/config_output.h"
#include "cli/tools/filters.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    {"bootstrap-controller", Takes::value, "controller to connect to", "The same for a controller"},
    command_config_option,
    {"describe", Takes::nothing, "", "Shows the settings of an entity"},
    {"alter", Takes::nothing, "", "Changes settings of an entity"},
    {"entity-type", Takes::value, "type",
     "topics, brokers, groups, users, clients, ips, client-metrics or broker-loggers"},
    {"entity-name", Takes::value, "name", "The entity"},
    {"entity-default", Takes::nothing, "", "What holds for all brokers, users, clients or ips"},
    {"topic", Takes::value, "topic", "Short for --entity-type topics --entity-name"},
    {"broker", Takes::value, "id", "The same for brokers"},
    {"broker-defaults", Takes::nothing, "", "What holds for all brokers"},
    {"broker-logger", Takes::value, "id", "The same for broker-loggers"},
    {"group", Takes::value, "group", "The same for groups"},
    {"client-metrics", Takes::value, "name", "The same for client-metrics"},
    {"user", Takes::value, "principal", "The same for users: quotas and SCRAM credentials"},
    {"user-defaults", Takes::nothing, "", "What holds for all users"},
    {"client", Takes::value, "client-id", "The same for clients: quotas"},
    {"client-defaults", Takes::nothing, "", "What holds for all clients"},
    {"ip", Takes::value, "address", "The same for ips: connection_creation_rate"},
    {"ip-defaults", Takes::nothing, "", "What holds for all addresses"},
    {"all", Takes::nothing, "", "With --describe: those that have their default too"},
    {"add-config", Takes::value, "k=v,k=[a,b]", "Sets these"},
    {"add-config-file", Takes::value, "file", "Sets what a file of properties says"},
    {"delete-config", Takes::value, "k,k", "Takes these back to their default"},
    {"force", Takes::nothing, "", "Accepted"},
};

constexpr int8_t operation_set = 0;
constexpr int8_t operation_delete = 1;

struct Kind {
    std::string_view type;  // --entity-type
    std::string_view one;   // "topic t"
    int8_t resource;
};
constexpr Kind kinds[] = {
    {"topics", "topic", 2},
    {"brokers", "broker", 4},
    {"broker-loggers", "broker-logger", 8},
    {"client-metrics", "client-metric", 16},
    {"groups", "group", 32},
};

struct Entity {
    const Kind* kind = nullptr;
    std::optional<std::string> name;  // none: all of the kind
    bool is_default = false;          // brokers in general
};

// What a resource of DescribeConfigs stands for; kind is null for users, clients and ips.
Entity entity_of(const ConfigEntities& entities) {
    Entity entity;
    const auto* kind = std::ranges::find(kinds, entities.types.front(), &Kind::type);
    if (kind != std::end(kinds)) entity.kind = kind;
    if (!entities.names.empty()) entity.name = entities.names.front();
    entity.is_default = entity.name && entity.name->empty();
    return entity;
}

using Response = Answer<protocol::DescribeConfigsResponse>;

Response ask(Client& client, const Entity& entity, const std::string& name) {
    protocol::DescribeConfigsRequest request;
    request.include_synonyms = true;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = entity.kind->resource;
    resource.resource_name = Text(name);
    resource.configuration_keys.reset();
    const bool of_broker = entity.kind->one.starts_with("broker") && !name.empty();
    return client.ask<protocol::DescribeConfigsResponse>(
        of_broker ? client.broker(BrokerId(static_cast<int32_t>(parse_number("broker", name))))
                  : client.any(),
        request);
}

// Names of the entities of a kind that there are.
std::vector<std::string> names_of(Client& client, const Entity& entity) {
    if (entity.name) return {*entity.name};
    if (entity.kind->resource == 2) return find_topics(client, nullptr, false);
    std::vector<std::string> names;
    if (entity.kind->one.starts_with("broker")) {
        for (const auto& broker : client.metadata(std::vector<std::string>{}).brokers)
            names.push_back(std::to_string(broker.node_id.value));
        if (entity.kind->resource == 4) names.emplace_back();
        return names;
    }
    protocol::ListConfigResourcesRequest request;
    request.resource_types = {entity.kind->resource};
    for (const auto& each :
         client.ask<protocol::ListConfigResourcesResponse>(request).config_resources)
        names.push_back(each.resource_name.str());
    std::ranges::sort(names);
    return names;
}

// Kafka's tool says this where an entity has nothing that could be described.
bool say_if_missing(Client& client, const Entity& entity, const std::string& name) {
    bool missing = false;
    if (entity.kind->resource == 2) {
        const auto topics = find_topics(client, nullptr, false);
        missing = std::ranges::find(topics, name) == topics.end();
    } else if (entity.kind->resource == 16) {
        Entity all = entity;
        all.name.reset();
        const auto there = names_of(client, all);
        missing = std::ranges::find(there, name) == there.end();
    }
    if (missing)
        fmt::print("The {} '{}' doesn't exist and doesn't have dynamic config.\n", entity.kind->one,
                   name);
    return missing;
}

int describe(Client& client, const Options& options, const Entity& entity) {
    for (const auto& name : names_of(client, entity)) {
        if (entity.name && say_if_missing(client, entity, name)) continue;
        const auto answer = ask(client, entity, name);
        for (const auto& result : answer.results) {
            expect_success(result);
            std::vector<ConfigText> configs;
            for (const auto& config : result.configs) configs.push_back(config_text(config));
            fmt::print("{}", describe_configs(entity.kind->one, name, configs, options.has("all")));
        }
    }
    return 0;
}

ConfigChanges changes_of(const Options& options) {
    if (!options.has("add-config") && !options.has("add-config-file") &&
        !options.has("delete-config"))
        throw UsageFailure(
            "At least one of --add-config, --add-config-file, or --delete-config must be specified "
            "with --alter");
    if (options.has("add-config") && options.has("add-config-file"))
        throw UsageFailure("Only one of --add-config or --add-config-file must be specified");
    ConfigChanges changes;
    if (const auto path = options.value("add-config-file"))
        for (const auto& [key, value] : read_settings(*path)) changes.add.emplace_back(key, value);
    for (const auto& text : options.values("add-config"))
        for (auto& change : parse_changes(text)) changes.add.push_back(std::move(change));
    changes.remove = options.list("delete-config");
    return changes;
}

void check_alter(const Options& options, const ConfigEntities& entities) {
    const bool has_defaults =
        entity_of(entities).kind == nullptr || entities.types.front() == "brokers";
    if (entities.names.empty())
        throw UsageFailure(
            has_defaults
                ? "An entity-name or default entity must be specified with --alter of "
                  "users, clients, brokers or ips"
                : "An entity name must be specified with --alter of " + entities.types.front());
    changes_of(options);
}

void alter_resource(Client& client, const Entity& entity, const ConfigChanges& changes) {
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = entity.kind->resource;
    resource.resource_name = Text(*entity.name);
    const auto add = [&](const std::string& key, const std::string* value) {
        auto& config = resource.configs.emplace_back();
        config.name = Text(key);
        config.config_operation = value ? operation_set : operation_delete;
        config.value.reset();
        if (value) config.value = Text(*value);
    };
    for (const auto& [key, value] : changes.add) add(key, &value);
    for (const auto& key : changes.remove) add(key, nullptr);
    const bool of_broker = entity.kind->one.starts_with("broker") && !entity.name->empty();
    const auto answer = client.ask<protocol::IncrementalAlterConfigsResponse>(
        of_broker
            ? client.broker(BrokerId(static_cast<int32_t>(parse_number("broker", *entity.name))))
            : client.any(),
        request);
    for (const auto& response : answer.responses) expect_success(response);
}

int alter(Client& client, const Options& options, const ConfigEntities& entities) {
    const Entity entity = entity_of(entities);
    const ConfigChanges changes = changes_of(options);
    if (entity.kind)
        alter_resource(client, entity, changes);
    else
        alter_quotas(client, entities, changes);
    const std::string& type = entities.types.front();
    if (entities.names.front().empty())
        fmt::print("Completed updating default config for {} in the cluster.\n", type);
    else
        fmt::print("Completed updating config for {} {}.\n",
                   entity.kind ? entity.kind->one : singular(type), entities.names.front());
    return 0;
}

int run(const Options& options) {
    if (options.has("describe") == options.has("alter"))
        throw UsageFailure("Command must include exactly one action: --describe, --alter");
    const ConfigEntities entities = config_entities(options);
    const bool looks = options.has("describe");
    if (!looks) check_alter(options, entities);
    const bool controller = options.has("bootstrap-controller");
    if (controller == options.has("bootstrap-server"))
        throw UsageFailure(
            controller
                ? "Only one of --bootstrap-server or --bootstrap-controller can be specified"
                : "One of the required --bootstrap-server or --bootstrap-controller arguments must "
                  "be specified");
    const auto client =
        make_client(options, {.bootstrap = controller ? "bootstrap-controller" : "bootstrap-server",
                              .only_looks = looks});
    if (!looks) return alter(*client, options, entities);
    if (const Entity entity = entity_of(entities); entity.kind)
        return describe(*client, options, entity);
    describe_quotas(*client, entities);
    return 0;
}

}  // namespace

const Tool& configs_tool() {
    static constexpr Tool tool{"configs",
                               "kafka-configs",
                               "describe and change settings of topics, brokers, groups",
                               specs,
                               run,
                               "",
                               "Error while executing config command: "};
    return tool;
}

}  // namespace barnabas::cli
