// SPDX-License-Identifier: Apache-2.0
// `barnabas verify DIR`: reads a log directory and says what in it is damaged. Never writes.
#pragma once

#include <CLI/App.hpp>

namespace barnabas::cli {

void add_verify_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
