// SPDX-License-Identifier: Apache-2.0
// kafka-consumer-groups --delete-offsets: forgets what a group has committed for topics.
#pragma once

#include "cli/client/client.h"
#include "cli/options.h"

namespace barnabas::cli {

// Gives the exit code; what could not be done is told partition by partition.
int delete_offsets(Client& client, const Options& options);

// --validate-regex: whether a subscription by that regular expression could be.
int validate_regex(const Options& options);

}  // namespace barnabas::cli
