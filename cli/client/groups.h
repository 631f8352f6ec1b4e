// SPDX-License-Identifier: Apache-2.0
// What brokers know of consumer groups, classic and KIP-848, in one form.
#pragma once

#include <optional>
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
    std::string id, client_id, host, instance_id;
    std::vector<PartitionName> partitions;
    // Of KIP-848 groups: what the member shall have, how far it is, whether it speaks the new
    // protocol.
    std::vector<PartitionName> target;
    std::optional<int32_t> epoch;
    std::optional<bool> upgraded;
};
struct GroupText {
    std::string id, state, assignor, coordinator;
    std::vector<MemberText> members;
    std::optional<int32_t> epoch, target_epoch;  // of KIP-848 groups
};
// Throws Failure with group_id_not_found if there is no such group.
GroupText describe_group(Client& client, const std::string& id);

}  // namespace barnabas::cli
