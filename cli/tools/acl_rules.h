// SPDX-License-Identifier: Apache-2.0
// What a command line of kafka-acls means, in rules, and how Kafka writes rules. Pure: options in,
// values and text out.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace barnabas::cli {

// Numbers as DescribeAcls, CreateAcls and DeleteAcls have them.
struct AclResource {
    int8_t type = 0;
    std::string name;
    int8_t pattern = 3;
    auto operator<=>(const AclResource&) const = default;
};

struct AclEntry {
    std::string principal, host;
    int8_t operation = 0;
    int8_t permission = 0;
    auto operator<=>(const AclEntry&) const = default;
};

using AclRules = std::map<AclResource, std::set<AclEntry>>;

// "TOPIC", "PREFIXED", "READ", "ALLOW"; "UNKNOWN" for what this version does not know.
std::string_view acl_resource_name(int8_t type);
std::string_view acl_pattern_name(int8_t pattern);
std::string_view acl_operation_name(int8_t operation);
std::string_view acl_permission_name(int8_t permission);
// "ResourcePattern(resourceType=TOPIC, name=t, patternType=LITERAL)"
std::string acl_text(const AclResource& resource);
// "(principal=User:a, host=*, operation=READ, permissionType=ALLOW)"
std::string acl_text(const AclEntry& entry);

// Throws UsageFailure where options do not go together.
void check_acl_options(const Options& options);
// The resources that are named; empty only where `needed` is false.
std::vector<AclResource> acl_resources(const Options& options, bool needed);
// What --add shall add or --remove take away: with no entries, all of that resource's.
AclRules acl_rules(const Options& options);
// "User:a" as it is; throws Failure for a text without a type.
std::string acl_principal(std::string_view text);

}  // namespace barnabas::cli
