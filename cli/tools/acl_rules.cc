// SPDX-License-Identifier: Apache-2.0
// See acl_rules.h.
#include "cli/tools/acl_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <span>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view resource_names[] = {
    "UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN", "USER"};
constexpr std::string_view pattern_names[] = {"UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"};
constexpr std::string_view operation_names[] = {"UNKNOWN",
                                                "ANY",
                                                "ALL",
                                                "READ",
                                                "WRITE",
                                                "CREATE",
                                                "DELETE",
                                                "ALTER",
                                                "DESCRIBE",
                                                "CLUSTER_ACTION",
                                                "DESCRIBE_CONFIGS",
                                                "ALTER_CONFIGS",
                                                "IDEMPOTENT_WRITE",
                                                "CREATE_TOKENS",
                                                "DESCRIBE_TOKENS",
                                                "TWO_PHASE_COMMIT"};
constexpr std::string_view permission_names[] = {"UNKNOWN", "ANY", "DENY", "ALLOW"};

constexpr int8_t topic = 2, group = 3, cluster = 4, transactional_id = 5, token = 6, user = 7;
constexpr int8_t literal = 3;
constexpr int8_t all = 2, read = 3, write = 4, create = 5, describe = 8, idempotent_write = 12;
constexpr int8_t deny = 2, allow = 3;

std::string_view name_at(std::span<const std::string_view> names, int8_t number) {
    const bool known = number >= 0 && static_cast<size_t>(number) < names.size();
    return known ? names[static_cast<size_t>(number)] : names[0];
}

std::string in_capitals(std::string_view text) {
    std::string capitals(text);
    for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return capitals;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// "IdempotentWrite" in any case; 0 for what is none.
int8_t operation_of(std::string_view text) {
    const std::string wanted = in_capitals(trimmed(text));
    for (size_t i = 1; i < std::size(operation_names); ++i) {
        std::string name(operation_names[i]);
        std::erase(name, '_');
        if (name == wanted) return static_cast<int8_t>(i);
    }
    return 0;
}

int8_t pattern_of(const Options& options) {
    const auto text = options.value_or("resource-pattern-type", "literal");
    const std::string wanted = in_capitals(text);
    for (size_t i = 1; i < std::size(pattern_names); ++i)
        if (pattern_names[i] == wanted) return static_cast<int8_t>(i);
    if (wanted == "UNKNOWN")
        throw UsageFailure(fmt::format("Unknown resource-pattern-type: {}", text));
    throw Failure(ErrorCode::invalid_request,
                  fmt::format("Cannot parse argument '{}' of option resource-pattern-type", text));
}

// What may be allowed or denied on a resource, beside ALL.
std::span<const int8_t> operations_on(int8_t type) {
    static constexpr int8_t on_topic[] = {read, write, create, describe, 6, 7, 10, 11};
    static constexpr int8_t on_group[] = {read, describe, 6, 10, 11};
    static constexpr int8_t on_cluster[] = {create, 9, 10, 11, idempotent_write, 7, describe};
    static constexpr int8_t on_transactional_id[] = {describe, write, 15};
    static constexpr int8_t on_token[] = {describe};
    static constexpr int8_t on_user[] = {13, 14};
    switch (type) {
        case topic:
            return on_topic;
        case group:
            return on_group;
        case cluster:
            return on_cluster;
        case transactional_id:
            return on_transactional_id;
        case token:
            return on_token;
        default:
            return on_user;
    }
}

void check_operations(const AclRules& rules) {
    for (const auto& [resource, entries] : rules) {
        const auto may = operations_on(resource.type);
        for (const AclEntry& entry : entries) {
            if (entry.operation == all || std::ranges::find(may, entry.operation) != may.end())
                continue;
            std::vector<std::string_view> names{acl_operation_name(all)};
            for (const int8_t each : may) names.push_back(acl_operation_name(each));
            throw UsageFailure(fmt::format("ResourceType {} only supports operations [{}]",
                                           acl_resource_name(resource.type),
                                           fmt::join(names, ", ")));
        }
    }
}

void add_entries(const Options& options, std::span<const int8_t> operations, int8_t permission,
                 std::set<AclEntry>& entries) {
    const std::string_view kind = permission == allow ? "allow" : "deny";
    std::vector<std::string> hosts = options.values(fmt::format("{}-host", kind));
    if (hosts.empty()) hosts.emplace_back("*");
    for (const auto& principal : options.values(fmt::format("{}-principal", kind)))
        for (const int8_t operation : operations)
            for (const auto& host : hosts)
                entries.insert({acl_principal(principal), trimmed(host), operation, permission});
}

std::set<AclEntry> entries_of(const Options& options, std::span<const int8_t> operations) {
    std::set<AclEntry> entries;
    add_entries(options, operations, allow, entries);
    add_entries(options, operations, deny, entries);
    return entries;
}

// Those of `type` may do `operations`.
void let(const Options& options, const std::vector<AclResource>& resources, int8_t type,
         std::span<const int8_t> operations, AclRules& rules) {
    for (const auto& resource : resources)
        if (resource.type == type) rules[resource].merge(entries_of(options, operations));
}

void refuse_together(const Options& options, std::string_view one,
                     std::initializer_list<std::string_view> others) {
    if (!options.has(one)) return;
    for (const auto other : others)
        if (options.has(other))
            throw UsageFailure(
                fmt::format("Option \"[{}]\" can't be used with option \"[{}]\"", one, other));
}

}  // namespace

std::string_view acl_resource_name(int8_t type) {
    return name_at(resource_names, type);
}
std::string_view acl_pattern_name(int8_t pattern) {
    return name_at(pattern_names, pattern);
}
std::string_view acl_operation_name(int8_t operation) {
    return name_at(operation_names, operation);
}
std::string_view acl_permission_name(int8_t permission) {
    return name_at(permission_names, permission);
}

std::string acl_text(const AclResource& resource) {
    return fmt::format("ResourcePattern(resourceType={}, name={}, patternType={})",
                       acl_resource_name(resource.type), resource.name,
                       acl_pattern_name(resource.pattern));
}

std::string acl_text(const AclEntry& entry) {
    return fmt::format("(principal={}, host={}, operation={}, permissionType={})", entry.principal,
                       entry.host, acl_operation_name(entry.operation),
                       acl_permission_name(entry.permission));
}

std::string acl_principal(std::string_view text) {
    const std::string principal = trimmed(text);
    const auto colon = principal.find(':');
    if (principal.empty() || colon == std::string::npos || colon == 0)
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("expected a string in format principalType:principalName but got "
                                  "{}",
                                  principal));
    return principal;
}

void check_acl_options(const Options& options) {
    if (options.has("bootstrap-server") && options.has("bootstrap-controller"))
        throw UsageFailure(
            "Only one of --bootstrap-server or --bootstrap-controller must be specified");
    if (!options.has("bootstrap-server") && !options.has("bootstrap-controller"))
        throw UsageFailure("One of --bootstrap-server or --bootstrap-controller must be specified");
    if (options.has("add") + options.has("remove") + options.has("list") != 1)
        throw UsageFailure("Command must include exactly one action: --list, --add, --remove. ");
    pattern_of(options);
    refuse_together(
        options, "list",
        {"producer", "consumer", "allow-host", "allow-principal", "deny-host", "deny-principal"});
    refuse_together(options, "producer", {"operation", "deny-principal", "deny-host"});
    refuse_together(options, "consumer", {"operation", "deny-principal", "deny-host"});
    if (options.has("principal") && !options.has("list"))
        throw UsageFailure("The --principal option is only available if --list is set");
    if (options.has("producer") && !options.has("topic"))
        throw UsageFailure("With --producer you must specify a --topic");
    if (options.has("idempotent") && !options.has("producer"))
        throw UsageFailure("The --idempotent option is only available if --producer is set");
    const bool more =
        !options.has("producer") && (options.has("cluster") || options.has("transactional-id"));
    if (options.has("consumer") && (!options.has("topic") || !options.has("group") || more))
        throw UsageFailure(
            "With --consumer you must specify a --topic and a --group and no --cluster or "
            "--transactional-id option should be specified.");
}

std::vector<AclResource> acl_resources(const Options& options, bool needed) {
    const int8_t pattern = pattern_of(options);
    std::vector<AclResource> resources;
    const auto add = [&](std::string_view option, int8_t type) {
        for (const auto& name : options.values(option))
            resources.push_back({type, trimmed(name), pattern});
    };
    add("topic", topic);
    if (pattern == literal && (options.has("cluster") || options.has("idempotent")))
        resources.push_back({cluster, "kafka-cluster", literal});
    add("group", group);
    add("transactional-id", transactional_id);
    add("delegation-token", token);
    add("user-principal", user);
    if (resources.empty() && needed)
        throw UsageFailure(
            "You must provide at least one resource: --topic <topic> or --cluster or --group "
            "<group> or --delegation-token <Delegation Token ID>");
    return resources;
}

AclRules acl_rules(const Options& options) {
    static constexpr int8_t produce[] = {write, describe, create}, transact[] = {write, describe},
                            idempotent[] = {idempotent_write}, consume[] = {read, describe},
                            join[] = {read};
    AclRules rules;
    const auto resources = acl_resources(options, true);
    if (options.has("producer")) {
        let(options, resources, topic, produce, rules);
        let(options, resources, transactional_id, transact, rules);
        if (options.has("idempotent"))
            rules[{cluster, "kafka-cluster", literal}] = entries_of(options, idempotent);
    }
    if (options.has("consumer")) {
        let(options, resources, topic, consume, rules);
        let(options, resources, group, join, rules);
    }
    if (!options.has("producer") && !options.has("consumer")) {
        std::vector<int8_t> operations;
        for (const auto& text : options.values("operation"))
            operations.push_back(operation_of(text));
        if (operations.empty()) operations.push_back(all);
        for (const auto& resource : resources) rules[resource] = entries_of(options, operations);
    }
    check_operations(rules);
    if (!options.has("add")) return rules;
    if (const int8_t pattern = pattern_of(options); pattern < literal)
        throw UsageFailure(
            fmt::format("A '--resource-pattern-type' value of '{}' is not valid when adding acls.",
                        acl_pattern_name(pattern)));
    for (const auto& [resource, entries] : rules)
        if (entries.empty())
            throw UsageFailure(
                "You must specify one of: --allow-principal, --deny-principal when trying to add "
                "ACLs.");
    return rules;
}

}  // namespace barnabas::cli
