// SPDX-License-Identifier: Apache-2.0
// kafka-features upgrade, downgrade and disable: which levels the command line asks for, and what
// the cluster says to them.
#pragma once

#include <string_view>

#include "cli/client/client.h"
#include "cli/options.h"

namespace barnabas::cli {

// `action`: "upgrade", "downgrade" or "disable". Throws Failure for a command line that cannot be
// meant and where a feature was refused; the answers are printed before.
int update_features(Client& client, std::string_view action, const Options& options);

}  // namespace barnabas::cli
