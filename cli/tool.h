// SPDX-License-Identifier: Apache-2.0
// What a tool of the command line is: its names, its options, a function. The list of all of them
// is cli/tools.cc; dispatch, help, completion and the table in docs/CLI.md come from that list.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/client/client.h"
#include "cli/client/failure.h"
#include "cli/options.h"

namespace barnabas::cli {

// A command line that cannot be meant; the dispatcher shows the tool's options below it.
class UsageFailure : public Failure {
  public:
    explicit UsageFailure(std::string text)
        : Failure(ErrorCode::invalid_request, std::move(text)) {}
};

struct Tool {
    std::string_view verb;     // `barnabas topics`
    std::string_view script;   // `kafka-topics`, also with .sh
    std::string_view summary;  // one line
    std::span<const OptionSpec> options;
    // Gives the exit code; throws Failure, which ends the tool with 1.
    int (*run)(const Options& options) = nullptr;
    // Words that a tool takes as its action, separated by blanks ("describe add-controller").
    std::string_view actions = {};
    // In front of a Failure's text, as Kafka's tool of that name says it.
    std::string_view failure_prefix = {};
    // Names may be abbreviated (Kafka's tools with actions).
    bool abbreviations = false;
};

std::span<const Tool> tools();

// What most tools take; `--output` is ours.
inline constexpr OptionSpec bootstrap_option{
    "bootstrap-server", Takes::value, "server to connect to",
    "REQUIRED: the brokers to connect to, host:port,host:port"};
inline constexpr OptionSpec command_config_option{"command-config", Takes::value,
                                                  "command config property file",
                                                  "Property file with settings of the client"};
inline constexpr OptionSpec output_option{"output", Takes::value, "json|table|kafka",
                                          "Form of the output; kafka is the default"};

// How a tool asks for its client.
struct ClientNeeds {
    std::string_view bootstrap = "bootstrap-server";
    std::string_view config = "command-config";
    // Only looks: against a broker on this machine that is not there it fails at once, which is
    // what health checks want. Everything else waits for the broker, as Kafka's tools do.
    bool only_looks = false;
    // Of the command line; they go before the file's.
    std::map<std::string, std::string> settings = {};
};
// Throws UsageFailure without an address, Failure for settings that are not supported.
std::unique_ptr<Client> make_client(const Options& options, const ClientNeeds& needs = {});
// The key=value lines of a file; Failure names the file where it cannot be read.
std::map<std::string, std::string> read_settings(const std::string& path);

}  // namespace barnabas::cli
