// SPDX-License-Identifier: Apache-2.0
// `barnabas container`: what the scripts of the container image execute. Runs a broker with the
// settings that the environment asks for (broker/container_config.h).
#pragma once

#include <CLI/App.hpp>

namespace barnabas::cli {

// Adds the command; `exit_code` as of serve.
void add_container_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
