// SPDX-License-Identifier: Apache-2.0
// The one binary: picks the command. Commands are in files of their own.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

#include "cli/apis.h"
#include "cli/container.h"
#include "cli/serve.h"
#include "cli/verify.h"
#include "cli/wire.h"

int main(int argc, char** argv) {
    CLI::App app{"Barnabas: a broker that speaks Apache Kafka's protocol", "barnabas"};
    app.set_version_flag("--version", std::string("barnabas ") + BARNABAS_VERSION);
    app.require_subcommand(1);
    int exit_code = 0;
    barnabas::cli::add_serve_command(app, exit_code);
    barnabas::cli::add_container_command(app, exit_code);
    barnabas::cli::add_verify_command(app, exit_code);
    barnabas::cli::add_wire_command(app, exit_code);
    barnabas::cli::add_apis_command(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 reports help and version this way too, with code 0.
        return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
}
