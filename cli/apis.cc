// SPDX-License-Identifier: Apache-2.0
// See apis.h.
#include "cli/apis.h"

#include <iostream>

#include "broker/server/api_table.h"

namespace barnabas::cli {

void add_apis_command(CLI::App& app, int& exit_code) {
    auto* command = app.add_subcommand("apis", "Lists the APIs and versions that are answered");
    command->callback([&exit_code] {
        broker::print_api_table(std::cout);
        exit_code = 0;
    });
}

}  // namespace barnabas::cli
