// SPDX-License-Identifier: Apache-2.0
// The one binary: a tool by the name it was called under or by its first word (cli/dispatch.h), or
// one of the commands about the broker itself, each in a file of its own.
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

#include "cli/apis.h"
#include "cli/completion.h"
#include "cli/container.h"
#include "cli/dispatch.h"
#include "cli/health.h"
#include "cli/serve.h"
#include "cli/verify.h"
#include "cli/wire.h"

namespace {

int run_command(std::vector<std::string> arguments) {
    CLI::App app{"Barnabas: a broker that speaks Apache Kafka's protocol", "barnabas"};
    app.set_version_flag("--version", std::string("barnabas ") + BARNABAS_VERSION);
    app.require_subcommand(1);
    int exit_code = 0;
    barnabas::cli::add_serve_command(app, exit_code);
    barnabas::cli::add_container_command(app, exit_code);
    barnabas::cli::add_health_command(app, exit_code);
    barnabas::cli::add_verify_command(app, exit_code);
    barnabas::cli::add_wire_command(app, exit_code);
    barnabas::cli::add_apis_command(app, exit_code);
    barnabas::cli::add_completion_commands(app, exit_code);
    try {
        // CLI11 takes them from the back, without the program's name.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
    } catch (const CLI::ParseError& error) {
        // CLI11 reports help and version this way too, with code 0.
        return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
}

// kafka-server-start [-daemon] server.properties [--override key=value]...
int start_server(std::vector<std::string> arguments) {
    if (arguments.size() > 1 && arguments[1] == "-daemon") {
        arguments.erase(arguments.begin() + 1);
        // There is no other thread yet. The log goes on where it went.
        if (daemon(1, 1) != 0) return 1;
    }
    arguments.insert(arguments.begin() + 1, "serve");
    return run_command(std::move(arguments));
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv, argv + argc);
    if (barnabas::cli::program_name(arguments.at(0)) == "kafka-server-start")
        return start_server(arguments);
    if (const auto code = barnabas::cli::run_as_tool(arguments)) return *code;
    return run_command(arguments);
}
