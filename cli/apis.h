// SPDX-License-Identifier: Apache-2.0
// `barnabas apis`: the APIs this broker answers, with versions, from the api table itself.
#pragma once

#include <CLI/App.hpp>

namespace barnabas::cli {

void add_apis_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
