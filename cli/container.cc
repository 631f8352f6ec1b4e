// SPDX-License-Identifier: Apache-2.0
// See container.h. Reads the process's environment, the words VAR=value after the command and the
// first mounted file that is there.
#include "cli/container.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "base/asio/posix_disk.h"
#include "broker/container_config.h"
#include "cli/serve.h"

namespace barnabas::cli {

namespace {

// Where the images that this one stands in for have their users mount a configuration.
constexpr const char* mounted_files[] = {"/mnt/shared/config/server.properties",
                                         "/bitnami/kafka/config/server.properties"};

struct ContainerOptions {
    ServeOptions serve;
    std::vector<std::string> files;
    std::vector<std::string> variables;
    std::string write;
};

// False, and a sentence in `refusal`, if a word after the command is not VAR=value.
bool collect_variables(const ContainerOptions& options, broker::Variables& variables,
                       std::string& refusal) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
    for (const auto& word : options.variables) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            refusal = fmt::format("container {}: expected VARIABLE=value", word);
            return false;
        }
        variables[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return true;
}

// The first of the files that exists; empty if none does.
std::string find_file(const ContainerOptions& options) {
    std::vector<std::string> candidates = options.files;
    if (candidates.empty()) candidates.assign(std::begin(mounted_files), std::end(mounted_files));
    for (const auto& path : candidates)
        if (access(path.c_str(), F_OK) == 0) return path;
    return {};
}

void append_escaped(std::string& to, std::string_view value) {
    for (const char c : value) {
        if (c == '\\') to += '\\';
        if (c == '\n')
            to += "\\n";
        else
            to += c;
    }
}

int write_properties(const std::string& path, const Properties& properties) {
    std::string text = "# Written from the container's environment at its start.\n";
    for (const auto& [key, value] : properties) {
        text += key + "=";
        append_escaped(text, value);
        text += "\n";
    }
    PosixDisk disk;
    const auto written = disk.replace_file(path, as_bytes(text));
    if (written) return 0;
    return refuse(
        fmt::format("cannot write {}: {}", path, std::strerror(written.error().os_error)));
}

int run(const ContainerOptions& options) {
    std::string refusal;
    broker::Variables variables;
    if (!collect_variables(options, variables, refusal)) return refuse(refusal);
    Properties mounted;
    if (const auto path = find_file(options); !path.empty()) {
        auto read = read_properties_file(path, refusal);
        if (!read) return refuse(refusal);
        mounted = std::move(*read);
    }
    auto config = broker::make_container_config(variables, mounted, refusal);
    if (!config) return refuse(refusal);
    if (!options.write.empty()) return write_properties(options.write, config->properties);
    return run_broker(options.serve,
                      BrokerInput{std::move(config->properties), std::move(config->cluster_id),
                                  std::move(config->topics), std::move(config->warnings)});
}

}  // namespace

void add_container_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<ContainerOptions>();
    auto* command = app.add_subcommand(
        "container", "Runs a broker with the settings of KAFKA_ variables, as container images do");
    command->add_option("variables", options->variables,
                        "VARIABLE=value, wins over the environment");
    command
        ->add_option("--file", options->files,
                     "properties below the variables; the first that exists (default: "
                     "/mnt/shared/config/server.properties)")
        ->allow_extra_args(false);
    command->add_option("--write", options->write, "writes the settings to this file and ends");
    add_broker_options(*command, options->serve);
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace barnabas::cli
