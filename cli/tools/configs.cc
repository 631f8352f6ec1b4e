// SPDX-License-Identifier: Apache-2.0
// kafka-configs: describes and changes the settings of topics, brokers, groups, client metrics and
// loggers. Quotas and SCRAM users are refused with a clear word.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/tools/all.h"
#include "cli/tools/config_output.h"
#include "cli/tools/filters.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"describe", Takes::nothing, "", "Shows the settings of an entity"},
    {"alter", Takes::nothing, "", "Changes settings of an entity"},
    {"entity-type", Takes::value, "type",
     "topics, brokers, groups, client-metrics or broker-loggers"},
    {"entity-name", Takes::value, "name", "The entity"},
    {"entity-default", Takes::nothing, "", "With brokers: what holds for all of them"},
    {"topic", Takes::value, "topic", "Short for --entity-type topics --entity-name"},
    {"broker", Takes::value, "id", "The same for brokers"},
    {"broker-defaults", Takes::nothing, "", "What holds for all brokers"},
    {"broker-logger", Takes::value, "id", "The same for broker-loggers"},
    {"group", Takes::value, "group", "The same for groups"},
    {"client-metrics", Takes::value, "name", "The same for client-metrics"},
    {"all", Takes::nothing, "", "With --describe: those that have their default too"},
    {"add-config", Takes::value, "k=v,k=[a,b]", "Sets these"},
    {"delete-config", Takes::value, "k,k", "Takes these back to their default"},
    {"force", Takes::nothing, "", "Accepted"},
};

constexpr int8_t operation_set = 0;
constexpr int8_t operation_delete = 1;

struct Kind {
    std::string_view type;      // --entity-type
    std::string_view shortcut;  // --topic
    std::string_view one;       // "topic t"
    int8_t resource;
};
constexpr Kind kinds[] = {
    {"topics", "topic", "topic", 2},
    {"brokers", "broker", "broker", 4},
    {"broker-loggers", "broker-logger", "broker-logger", 8},
    {"client-metrics", "client-metrics", "client-metric", 16},
    {"groups", "group", "group", 32},
};

struct Entity {
    const Kind* kind = nullptr;
    std::optional<std::string> name;  // none: all of the kind
    bool is_default = false;          // brokers in general
};

const Kind& kind_of(std::string_view type) {
    for (const Kind& kind : kinds)
        if (kind.type == type) return kind;
    const bool quota = type == "users" || type == "clients" || type == "ips";
    throw UsageFailure(
        quota ? fmt::format("entity-type {} is not here yet: set quotas and users with a client's "
                            "admin API",
                            type)
              : fmt::format("Invalid entity type {}, the entity type must be one of topics, "
                            "brokers, client-metrics, groups, broker-loggers",
                            type));
}

Entity find_entity(const Options& options) {
    Entity entity;
    for (const Kind& kind : kinds)
        if (options.has(kind.shortcut)) entity = {&kind, options.value(kind.shortcut), false};
    if (options.has("broker-defaults")) entity = {&kind_of("brokers"), "", true};
    if (const auto type = options.value("entity-type")) {
        entity = {&kind_of(*type), options.value("entity-name"), options.has("entity-default")};
        if (entity.is_default) entity.name = "";
    }
    if (!entity.kind) throw UsageFailure("At least one entity type must be specified");
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

int alter(Client& client, const Options& options, const Entity& entity) {
    if (!options.has("add-config") && !options.has("delete-config"))
        throw UsageFailure(
            "At least one of --add-config, --add-config-file, or --delete-config must be specified "
            "with --alter");
    if (!entity.name)
        throw UsageFailure("an entity name must be specified with --alter of " +
                           std::string(entity.kind->type));
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = entity.kind->resource;
    resource.resource_name = Text(*entity.name);
    const auto add = [&](std::string key, std::optional<std::string> value) {
        auto& config = resource.configs.emplace_back();
        config.name = Text(std::move(key));
        config.config_operation = value ? operation_set : operation_delete;
        config.value.reset();
        if (value) config.value = Text(std::move(*value));
    };
    for (const auto& text : options.values("add-config"))
        for (auto& [key, value] : parse_changes(text)) add(key, value);
    for (auto& key : options.list("delete-config")) add(key, std::nullopt);
    const bool of_broker = entity.kind->one.starts_with("broker") && !entity.name->empty();
    const auto answer = client.ask<protocol::IncrementalAlterConfigsResponse>(
        of_broker
            ? client.broker(BrokerId(static_cast<int32_t>(parse_number("broker", *entity.name))))
            : client.any(),
        request);
    for (const auto& response : answer.responses) expect_success(response);
    if (entity.is_default)
        fmt::print("Completed updating default config for {} in the cluster.\n", entity.kind->type);
    else
        fmt::print("Completed updating config for {} {}.\n", entity.kind->one, *entity.name);
    return 0;
}

int run(const Options& options) {
    if (options.has("describe") == options.has("alter"))
        throw UsageFailure("Command must include exactly one action: --describe, --alter");
    const Entity entity = find_entity(options);
    const bool looks = options.has("describe");
    const auto client = make_client(options, {.only_looks = looks});
    return looks ? describe(*client, options, entity) : alter(*client, options, entity);
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
