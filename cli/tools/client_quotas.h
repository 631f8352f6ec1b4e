// SPDX-License-Identifier: Apache-2.0
// kafka-configs for users, clients and ips: quotas, and the SCRAM credentials of users.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/client/client.h"
#include "cli/tools/config_entities.h"

namespace barnabas::cli {

struct ConfigChanges {
    std::vector<std::pair<std::string, std::string>> add;
    std::vector<std::string> remove;
};

// Prints the quotas of the entities, and of users their SCRAM credentials.
void describe_quotas(Client& client, const ConfigEntities& entities);
// Throws UsageFailure for names that are neither quotas nor SCRAM mechanisms.
void alter_quotas(Client& client, const ConfigEntities& entities, const ConfigChanges& changes);

}  // namespace barnabas::cli
