// SPDX-License-Identifier: Apache-2.0
// Which tool a call means: by the name the binary was called under (kafka-topics, with or without
// .sh), by its first word (barnabas topics), or, for kafka-run-class, by a Java class. The one
// place that catches a tool's Failure and says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/tool.h"

namespace barnabas::cli {

// "/opt/kafka/bin/kafka-topics.sh" -> "kafka-topics"
std::string_view program_name(std::string_view path);
const Tool* find_by_script(std::string_view program);
const Tool* find_by_verb(std::string_view verb);
// The tool that has the main() of that class of Kafka's, in its old or new package.
const Tool* find_by_class(std::string_view java_class);

// Runs it; gives the exit code: 0, 1 (it failed, or the command line is wrong).
int run_tool(const Tool& tool, const std::vector<std::string>& arguments);

// The exit code if `arguments` (argv) mean a tool; nothing if they are for `barnabas` itself.
std::optional<int> run_as_tool(const std::vector<std::string>& arguments);

// One screen: what there is.
std::string help_screen();
// The options of a tool, a line each.
std::string usage(const Tool& tool);

}  // namespace barnabas::cli
