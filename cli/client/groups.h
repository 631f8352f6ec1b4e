// SPDX-License-Identifier: Apache-2.0
// What brokers know of consumer groups, classic and KIP-848, in one form.
#pragma once

#include <string>
#include <vector>

#include "cli/client/offsets.h"

namespace barnabas::cli {

struct ListedGroup {
    std::string id, protocol_type, state, type;
};
// The groups of all brokers, by name. Throws Failure.
std::vector<ListedGroup> list_groups(Client& client);

struct MemberText {
    std::string id, client_id, host;
    std::vector<PartitionName> partitions;
};
struct GroupText {
    std::string id, state, assignor, coordinator;
    std::vector<MemberText> members;
};
// Throws Failure with group_id_not_found if there is no such group.
GroupText describe_group(Client& client, const std::string& id);

}  // namespace barnabas::cli
