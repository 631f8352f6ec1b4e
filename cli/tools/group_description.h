// SPDX-License-Identifier: Apache-2.0
// kafka-consumer-groups --describe: the offsets, the members or the state of groups, with --verbose
// their epochs too.
#pragma once

#include <string>
#include <vector>

#include "cli/client/client.h"
#include "cli/options.h"

namespace barnabas::cli {

// A column of what Kafka's tool prints.
struct GroupColumn {
    std::string title;
    size_t width = 15;  // at least
};
using GroupRows = std::vector<std::vector<std::string>>;
void print_columns(const std::vector<GroupColumn>& columns, const GroupRows& rows);

// Throws Failure, with group_id_not_found for a group that is not there.
int describe_groups(Client& client, const Options& options, const std::vector<std::string>& ids);

}  // namespace barnabas::cli
