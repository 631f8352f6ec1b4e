// SPDX-License-Identifier: Apache-2.0
// `barnabas wire`: a protocol inspector. Decodes hex from standard input, checks files of vectors.
#pragma once

namespace CLI {
class App;
}

namespace barnabas::cli {

// Adds the subcommand; when it runs, `exit_code` becomes 0, 1 (a check failed) or 2 (bad input).
void add_wire_command(CLI::App& app, int& exit_code);

}  // namespace barnabas::cli
