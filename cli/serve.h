// SPDX-License-Identifier: Apache-2.0
// `barnabas serve`: reads the settings, runs a broker until SIGTERM or SIGINT. What it shares with
// `barnabas container` (container.h), which has settings from elsewhere.
#pragma once

#include <CLI/App.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/start_options.h"

namespace barnabas::cli {

using Properties = std::map<std::string, std::string>;

struct ServeOptions {
    std::string file;
    std::vector<std::string> overrides;
    std::string ports_file;
    std::string log_level = "info";
    bool check_config = false;
    bool print_config = false;
};

// What a broker is started with, besides the options.
struct BrokerInput {
    Properties properties;
    std::string cluster_id;  // for directories that belong to no cluster yet
    std::vector<broker::InitialTopic> topics;
    std::vector<std::string> warnings;
};

// Adds the command; `exit_code` is set when it ran: 0, 1 could not start or stop, 2 bad settings.
void add_serve_command(CLI::App& app, int& exit_code);

// The options of every command that runs a broker.
void add_broker_options(CLI::App& command, ServeOptions& options);
// Runs a broker until it is asked to stop; gives the exit code of the process.
int run_broker(const ServeOptions& options, BrokerInput input);
// Nothing, and a sentence in `refusal`, if the file cannot be read or is malformed.
std::optional<Properties> read_properties_file(const std::string& path, std::string& refusal);
// Says why on standard error; gives the exit code for bad settings.
int refuse(const std::string& why);

}  // namespace barnabas::cli
