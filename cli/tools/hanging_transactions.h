// SPDX-License-Identifier: Apache-2.0
// kafka-transactions describe-producers, find-hanging and abort: what partition leaders know of
// producers, and what no coordinator will ever end.
#pragma once

#include <string>
#include <vector>

#include "cli/client/client.h"
#include "cli/options.h"
#include "cli/table.h"

namespace barnabas::cli {

int describe_producers(Client& client, const Options& options);
// Transactions that are open in a partition and that no coordinator has.
int find_hanging(Client& client, const Options& options);
// Writes an abort marker where a hanging transaction is.
int abort_transaction(Client& client, const Options& options);

// Columns as wide as their longest cell, with tabs between, as Kafka's tool prints them.
void print_tabbed(const std::vector<std::string>& header, const Table& table);

}  // namespace barnabas::cli
