// SPDX-License-Identifier: Apache-2.0
// `barnabas serve`: reads the settings, runs a broker until SIGTERM or SIGINT.
#pragma once

#include <CLI/App.hpp>

namespace barnabas::cli {

// Adds the command; `exit_code` is set when it ran: 0, 1 could not start or stop, 2 bad settings.
void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
