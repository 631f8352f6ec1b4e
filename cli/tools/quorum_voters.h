// SPDX-License-Identifier: Apache-2.0
// kafka-metadata-quorum add-controller and remove-controller: a node of a KRaft quorum becomes a
// voter, or ceases to be one.
#pragma once

#include "cli/client/client.h"
#include "cli/options.h"

namespace barnabas::cli {

// The node that the settings file of --command-config describes: its node.id, the directory.id of
// its metadata directory, the addresses of its controller listeners. Throws Failure.
int add_controller(Client& client, const Options& options);
// The node of --controller-id and --controller-directory-id. Throws Failure.
int remove_controller(Client& client, const Options& options);

}  // namespace barnabas::cli
