// SPDX-License-Identifier: Apache-2.0
// kafka-acls: lists, adds and removes access rules. What a command line means is in acl_rules.h.
#include <fmt/format.h>

#include <iostream>

#include "cli/client/error_text.h"
#include "cli/table.h"
#include "cli/tools/acl_rules.h"
#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    {"bootstrap-controller", Takes::value, "controller to connect to", "The same for a controller"},
    {"command-config", Takes::optional_value, "command config property file",
     "Property file with settings of the client"},
    {"add", Takes::nothing, "", "Adds rules"},
    {"remove", Takes::nothing, "", "Removes rules"},
    {"list", Takes::nothing, "", "Lists the rules of the resources that are named, or all"},
    {"topic", Takes::value, "topic", "A topic; * for all"},
    {"group", Takes::value, "group", "A group; * for all"},
    {"cluster", Takes::nothing, "", "The cluster"},
    {"transactional-id", Takes::value, "transactional-id", "A transactional id; * for all"},
    {"delegation-token", Takes::value, "delegation-token", "A token; * for all"},
    {"user-principal", Takes::value, "user-principal", "A user, as a resource"},
    {"resource-pattern-type", Takes::value, "ANY|MATCH|LITERAL|PREFIXED",
     "How names are meant; literal is the default"},
    {"allow-principal", Takes::value, "allow-principal", "Who may, as principalType:name"},
    {"deny-principal", Takes::value, "deny-principal", "Who must not, as principalType:name"},
    {"allow-host", Takes::value, "allow-host", "From where; * is the default"},
    {"deny-host", Takes::value, "deny-host", "From where not; * is the default"},
    {"operation", Takes::value, "operation",
     "All (default), Read, Write, Create, Delete, Alter, Describe, ClusterAction, DescribeConfigs, "
     "AlterConfigs, IdempotentWrite, CreateTokens, DescribeTokens, TwoPhaseCommit"},
    {"producer", Takes::nothing, "", "What a producer needs: Write, Describe, Create on topics"},
    {"consumer", Takes::nothing, "", "What a consumer needs: Read, Describe; Read on the group"},
    {"idempotent", Takes::nothing, "", "With --producer: IdempotentWrite on the cluster"},
    {"principal", Takes::optional_value, "principal", "With --list: only the rules for it"},
    {"force", Takes::nothing, "", "Removes without asking"},
    output_option,
};

constexpr int8_t any = 1;

// Kafka's tool tells errors of the broker with the name of an exception.
[[noreturn]] void refuse(ErrorCode code, const std::optional<Text>& message) {
    throw Failure(code, fmt::format("org.apache.kafka.common.errors.{}: {}", exception_name(code),
                                    answer_text(code, message)));
}

AclRules find(Client& client, const AclResource* wanted) {
    protocol::DescribeAclsRequest request;
    request.resource_type_filter = wanted ? wanted->type : any;
    request.resource_name_filter.reset();
    if (wanted) request.resource_name_filter = Text(wanted->name);
    request.pattern_type_filter = wanted ? wanted->pattern : any;
    request.principal_filter.reset();
    request.host_filter.reset();
    request.operation = any;
    request.permission_type = any;
    const auto answer = client.ask<protocol::DescribeAclsResponse>(request);
    if (answer.error_code != ErrorCode::none) refuse(answer.error_code, answer.error_message);
    AclRules rules;
    for (const auto& found : answer.resources)
        for (const auto& acl : found.acls)
            rules[{found.resource_type, found.resource_name.str(), found.pattern_type}].insert(
                {acl.principal.str(), acl.host.str(), acl.operation, acl.permission_type});
    return rules;
}

void print(const AclRules& rules) {
    for (const auto& [resource, entries] : rules) {
        fmt::print("Current ACLs for resource `{}`:\n", acl_text(resource));
        for (const auto& entry : entries) fmt::print("\t{}\n", acl_text(entry));
        fmt::print("\n");
    }
}

AclRules only(const AclRules& rules, const std::string& principal) {
    AclRules found;
    for (const auto& [resource, entries] : rules)
        for (const auto& entry : entries)
            if (entry.principal == principal) found[resource].insert(entry);
    return found;
}

Table table_of(const AclRules& rules) {
    Table table{{"resource_type", "resource_name", "pattern_type", "principal", "host", "operation",
                 "permission_type"},
                {}};
    for (const auto& [resource, entries] : rules)
        for (const auto& entry : entries)
            table.rows.push_back({std::string(acl_resource_name(resource.type)), resource.name,
                                  std::string(acl_pattern_name(resource.pattern)), entry.principal,
                                  entry.host, std::string(acl_operation_name(entry.operation)),
                                  std::string(acl_permission_name(entry.permission))});
    return table;
}

int list(Client& client, const Options& options) {
    std::set<std::string> principals;
    for (const auto& text : options.values("principal")) principals.insert(acl_principal(text));
    const auto resources = acl_resources(options, false);
    AclRules rules;
    if (resources.empty()) rules = find(client, nullptr);
    for (const auto& resource : resources)
        for (auto& [found, entries] : find(client, &resource)) rules[found].merge(entries);
    if (output_form(options) != OutputForm::kafka) {
        AclRules wanted;
        for (const auto& principal : principals)
            for (auto& [resource, entries] : only(rules, principal))
                wanted[resource].merge(entries);
        print_if_asked(options, table_of(principals.empty() ? rules : wanted));
        return 0;
    }
    if (principals.empty()) print(rules);
    for (const auto& principal : principals) {
        fmt::print("ACLs for principal `{}`\n", principal);
        print(only(rules, principal));
    }
    return 0;
}

void create(Client& client, const AclResource& resource, const std::vector<AclEntry>& entries) {
    protocol::CreateAclsRequest request;
    for (const auto& entry : entries) {
        auto& creation = request.creations.emplace_back();
        creation.resource_type = resource.type;
        creation.resource_name = Text(resource.name);
        creation.resource_pattern_type = resource.pattern;
        creation.principal = Text(entry.principal);
        creation.host = Text(entry.host);
        creation.operation = entry.operation;
        creation.permission_type = entry.permission;
    }
    for (const auto& result : client.ask<protocol::CreateAclsResponse>(request).results)
        if (result.error_code != ErrorCode::none) refuse(result.error_code, result.error_message);
}

int add(Client& client, const Options& options) {
    for (const auto& [resource, entries] : acl_rules(options)) {
        const AclRules there = find(client, &resource);
        std::vector<AclEntry> missing;
        for (const auto& entry : entries) {
            const auto found = there.find(resource);
            if (found == there.end() || !found->second.contains(entry))
                missing.push_back(entry);
            else
                fmt::print("Acl (pattern={}, entry={}) already exists.\n", acl_text(resource),
                           acl_text(entry));
        }
        if (missing.empty()) continue;
        fmt::print("Adding ACLs for resource `{}`: \n", acl_text(resource));
        for (const auto& entry : missing) fmt::print(" \t{}\n", acl_text(entry));
        fmt::print("\n");
        create(client, resource, missing);
    }
    return 0;
}

// Without an entry: all of the resource's.
void take_away(Client& client, const AclResource& resource, const std::set<AclEntry>& entries) {
    protocol::DeleteAclsRequest request;
    const auto add_filter = [&](const AclEntry* entry) {
        auto& filter = request.filters.emplace_back();
        filter.resource_type_filter = resource.type;
        filter.resource_name_filter = Text(resource.name);
        filter.pattern_type_filter = resource.pattern;
        filter.principal_filter.reset();
        filter.host_filter.reset();
        if (entry) filter.principal_filter = Text(entry->principal);
        if (entry) filter.host_filter = Text(entry->host);
        filter.operation = entry ? entry->operation : any;
        filter.permission_type = entry ? entry->permission : any;
    };
    for (const auto& entry : entries) add_filter(&entry);
    if (entries.empty()) add_filter(nullptr);
    for (const auto& result : client.ask<protocol::DeleteAclsResponse>(request).filter_results) {
        if (result.error_code != ErrorCode::none) refuse(result.error_code, result.error_message);
        for (const auto& acl : result.matching_acls)
            if (acl.error_code != ErrorCode::none) refuse(acl.error_code, acl.error_message);
    }
}

bool agreed(const Options& options, const std::string& question) {
    if (options.has("force")) return true;
    fmt::print("{}\n", question);
    std::fflush(stdout);
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "Y");
}

int remove(Client& client, const Options& options) {
    for (const auto& [resource, entries] : acl_rules(options)) {
        std::string question =
            fmt::format("Are you sure you want to delete all ACLs for resource filter `{}`? (y/n)",
                        acl_text(resource));
        if (!entries.empty()) {
            question = "Are you sure you want to remove ACLs: \n";
            for (const auto& entry : entries) question += fmt::format(" \t{}\n", acl_text(entry));
            question += fmt::format(" from resource filter `{}`? (y/n)", acl_text(resource));
        }
        if (agreed(options, question)) take_away(client, resource, entries);
    }
    return 0;
}

int run(const Options& options) {
    check_acl_options(options);
    output_form(options);
    const bool looks = options.has("list");
    const auto client = make_client(
        options, {.bootstrap = options.has("bootstrap-controller") ? "bootstrap-controller"
                                                                   : "bootstrap-server",
                  .only_looks = looks});
    if (looks) return list(*client, options);
    return options.has("add") ? add(*client, options) : remove(*client, options);
}

}  // namespace

const Tool& acls_tool() {
    static constexpr Tool tool{"acls", "kafka-acls", "list, add and remove access rules",  specs,
                               run,    "",           "Error while executing ACL command: "};
    return tool;
}

}  // namespace barnabas::cli
