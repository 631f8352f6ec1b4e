// SPDX-License-Identifier: Apache-2.0
// See client_quotas.h.
#include "cli/tools/client_quotas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "cli/tool.h"
#include "cli/tools/filters.h"
#include "cli/tools/scram_credentials.h"
#include "protocol/json_writer.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"

namespace barnabas::cli {

namespace {

constexpr int8_t match_exact = 0, match_default = 1, match_any = 2;

// How Kafka's requests and its tool call an entity of a type.
struct Kind {
    std::string_view type;    // --entity-type
    std::string_view entity;  // in requests
    std::string_view word;    // in sentences
};
// In the order in which sentences name them.
constexpr Kind kinds[] = {{"users", "user", "user-principal"},
                          {"clients", "client-id", "client-id"},
                          {"ips", "ip", "ip"}};

constexpr std::string_view client_quotas[] = {"producer_byte_rate", "consumer_byte_rate",
                                              "request_percentage", "controller_mutation_rate"};
constexpr std::string_view ip_quota = "connection_creation_rate";

const Kind& kind_of(std::string_view type) {
    for (const Kind& kind : kinds)
        if (kind.type == type) return kind;
    throw UsageFailure(fmt::format("Unexpected entity type {}", type));
}

bool is_client_quota(std::string_view name) {
    return std::ranges::find(client_quotas, name) != std::end(client_quotas);
}

// As Java prints it: 1000.0, 1.048576E7.
std::string number_text(double number) {
    protocol::JsonWriter json;
    json.value(number);
    return std::move(json).text();
}

using Answered = Answer<protocol::DescribeClientQuotasResponse>;

Answered ask(Client& client, const ConfigEntities& entities) {
    if (entities.names.size() > entities.types.size())
        throw UsageFailure("More entity names specified than entity types");
    protocol::DescribeClientQuotasRequest request;
    request.strict = true;
    for (size_t i = 0; i < entities.types.size(); ++i) {
        auto& component = request.components.emplace_back();
        component.entity_type = Text(kind_of(entities.types[i]).entity);
        component.match.reset();
        component.match_type = match_any;
        if (i >= entities.names.size()) continue;
        const bool is_default = entities.names[i].empty();
        component.match_type = is_default ? match_default : match_exact;
        if (!is_default) component.match = Text(entities.names[i]);
    }
    auto answer = client.ask<protocol::DescribeClientQuotasResponse>(request);
    expect_success(answer);
    return answer;
}

// "user-principal 'alice', client-id 'c1'"
template <class Entity>
std::string words_of(const Entity& entity) {
    std::vector<std::string> words;
    for (const Kind& kind : kinds)
        for (const auto& each : entity)
            if (each.entity_type.view() == kind.entity)
                words.push_back(each.entity_name
                                    ? fmt::format("{} '{}'", kind.word, each.entity_name->view())
                                    : fmt::format("the default {}", kind.word));
    return fmt::format("{}", fmt::join(words, ", "));
}

std::set<std::string> names_set(Client& client, const ConfigEntities& entities) {
    std::set<std::string> names;
    const auto answer = ask(client, entities);
    if (answer.entries)
        for (const auto& entry : *answer.entries)
            for (const auto& value : entry.values) names.insert(value.key.str());
    return names;
}

double parse_quota(const std::string& key, const std::string& text) {
    double number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last)
        throw UsageFailure(
            fmt::format("Cannot parse quota configuration value for {}: {}", key, text));
    return number;
}

void set_quotas(Client& client, const ConfigEntities& entities, const ConfigChanges& changes) {
    if (!changes.remove.empty()) {
        const auto there = names_set(client, entities);
        std::vector<std::string> missing;
        for (const auto& name : changes.remove)
            if (!there.contains(name)) missing.push_back(name);
        if (!missing.empty())
            throw UsageFailure(fmt::format("Invalid config(s): {}", fmt::join(missing, ",")));
    }
    protocol::AlterClientQuotasRequest request;
    auto& entry = request.entries.emplace_back();
    for (size_t i = 0; i < entities.types.size(); ++i) {
        auto& entity = entry.entity.emplace_back();
        entity.entity_type = Text(kind_of(entities.types[i]).entity);
        entity.entity_name.reset();
        if (i < entities.names.size() && !entities.names[i].empty())
            entity.entity_name = Text(entities.names[i]);
    }
    for (const auto& [key, value] : changes.add) {
        auto& op = entry.ops.emplace_back();
        op.key = Text(key);
        op.value = parse_quota(key, value);
    }
    for (const auto& key : changes.remove) {
        auto& op = entry.ops.emplace_back();
        op.key = Text(key);
        op.remove = true;
    }
    for (const auto& result : client.ask<protocol::AlterClientQuotasResponse>(request).entries)
        expect_success(result);
}

// Names of settings, as Scala prints a set or list of them.
std::string listed(std::string_view container, const std::vector<std::string>& names) {
    return fmt::format("{}({})", container, fmt::join(names, ", "));
}

std::vector<std::string> keys_of(const ConfigChanges& changes) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : changes.add) keys.push_back(key);
    return keys;
}

void refuse_unknown(const std::vector<std::string>& names, bool scram_too, bool added) {
    std::vector<std::string> unknown;
    for (const auto& name : names)
        if (!is_client_quota(name) && !(scram_too && is_scram_mechanism(name)))
            unknown.push_back(name);
    if (unknown.empty()) return;
    throw UsageFailure(fmt::format(
        "Only quota{} configs can be {} for '{}' using --bootstrap-server. Unexpected config "
        "names: {}",
        scram_too ? " and SCRAM credential" : "", added ? "added" : "deleted",
        scram_too ? "users" : "clients", listed(added ? "Set" : "ArrayBuffer", unknown)));
}

}  // namespace

void describe_quotas(Client& client, const ConfigEntities& entities) {
    const auto answer = ask(client, entities);
    if (answer.entries)
        for (const auto& entry : *answer.entries) {
            std::map<std::string, std::string> values;
            for (const auto& value : entry.values)
                values[value.key.str()] = number_text(value.value);
            std::vector<std::string> words;
            for (const auto& [key, value] : values) words.push_back(key + "=" + value);
            fmt::print("Quota configs for {} are {}\n", words_of(entry.entity),
                       fmt::join(words, ", "));
        }
    if (entities.types.front() != "ips" && !entities.has_type("clients") && !entities.has_default())
        describe_scram(client, entities.names);
}

void alter_quotas(Client& client, const ConfigEntities& entities, const ConfigChanges& changes) {
    const auto added = keys_of(changes);
    if (entities.types.front() == "ips") {
        std::vector<std::string> unknown;
        for (const auto* names : {&added, &changes.remove})
            for (const auto& name : *names)
                if (name != ip_quota) unknown.push_back(name);
        if (!unknown.empty())
            throw UsageFailure(fmt::format(
                "Only connection quota configs can be added for 'ips' using --bootstrap-server. "
                "Unexpected config names: {}",
                fmt::join(unknown, ",")));
        return set_quotas(client, entities, changes);
    }
    const bool users_only = entities.types.size() == 1 && entities.types.front() == "users";
    refuse_unknown(added, users_only, true);
    refuse_unknown(changes.remove, users_only, false);
    const bool scram = std::ranges::any_of(added, is_scram_mechanism) ||
                       std::ranges::any_of(changes.remove, is_scram_mechanism);
    if (!scram) return set_quotas(client, entities, changes);
    if (entities.has_default())
        throw UsageFailure(
            "The use of --entity-default or --user-defaults is not allowed with User SCRAM "
            "Credentials using --bootstrap-server.");
    if (std::ranges::any_of(added, is_client_quota) ||
        std::ranges::any_of(changes.remove, is_client_quota))
        throw UsageFailure(
            "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' "
            "using --bootstrap-server.");
    alter_scram(client, entities.names.front(), changes);
}

}  // namespace barnabas::cli
