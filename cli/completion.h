// SPDX-License-Identifier: Apache-2.0
// Shell completion, written from the list of tools.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace barnabas::cli {

// A script for bash; zsh reads the same after bashcompinit, which the script for it calls.
std::string completion_script(bool zsh);

// `barnabas completion bash|zsh` and `barnabas tools` (the names to link to the binary).
void add_completion_commands(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
