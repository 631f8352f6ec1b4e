// SPDX-License-Identifier: Apache-2.0
// `barnabas health`: asks a broker on this machine whether it serves clients. For health checks of
// containers: milliseconds, an exit code, one line.
#pragma once

#include <CLI/App.hpp>

namespace barnabas::cli {

// Adds the command; `exit_code` is 0 when the broker is ready, 1 when not, 2 for a bad address.
void add_health_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
