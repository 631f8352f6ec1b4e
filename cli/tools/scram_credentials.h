// SPDX-License-Identifier: Apache-2.0
// SCRAM credentials of users (KIP-554): what kafka-configs says of them and makes of a password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/client/client.h"
#include "cli/tools/client_quotas.h"

namespace barnabas::cli {

// "SCRAM-SHA-256" or "SCRAM-SHA-512".
bool is_scram_mechanism(std::string_view name);

// Of those users, or of all that have some.
void describe_scram(Client& client, const std::vector<std::string>& users);
// The password leaves this process salted and hashed. Throws UsageFailure for a credential that is
// not "[iterations=N,password=P]".
void alter_scram(Client& client, const std::string& user, const ConfigChanges& changes);

}  // namespace barnabas::cli
