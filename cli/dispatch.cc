// SPDX-License-Identifier: Apache-2.0
// See dispatch.h.
#include "cli/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace barnabas::cli {

namespace {

constexpr std::pair<std::string_view, std::string_view> classes[] = {
    {"TopicCommand", "topics"},
    {"BrokerApiVersionsCommand", "broker-api-versions"},
    {"ClusterTool", "cluster"},
    {"MetadataQuorumCommand", "metadata-quorum"},
    {"GetOffsetShell", "get-offsets"},
    {"ConsumerGroupCommand", "consumer-groups"},
    {"ConfigCommand", "configs"},
    {"ConsoleProducer", "console-producer"},
    {"ConsoleConsumer", "console-consumer"},
    {"StorageTool", "storage"},
    {"FeatureCommand", "features"},
    {"AclCommand", "acls"},
    {"DeleteRecordsCommand", "delete-records"},
    {"LogDirsCommand", "log-dirs"},
    {"TransactionsCommand", "transactions"},
    {"DumpLogSegments", "dump-log"},
    {"ProducerPerformance", "producer-perf-test"},
    {"ConsumerPerformance", "consumer-perf-test"},
};

bool asks_for(const std::vector<std::string>& arguments, std::string_view option) {
    return std::ranges::find(arguments, option) != arguments.end();
}

}  // namespace

std::string_view program_name(std::string_view path) {
    if (const auto slash = path.rfind('/'); slash != std::string_view::npos)
        path.remove_prefix(slash + 1);
    if (path.ends_with(".sh")) path.remove_suffix(3);
    return path;
}

const Tool* find_by_script(std::string_view program) {
    for (const Tool& tool : tools())
        if (!tool.script.empty() && tool.script == program) return &tool;
    return nullptr;
}

const Tool* find_by_verb(std::string_view verb) {
    for (const Tool& tool : tools())
        if (!tool.verb.empty() && tool.verb == verb) return &tool;
    return nullptr;
}

const Tool* find_by_class(std::string_view java_class) {
    const auto dot = java_class.rfind('.');
    const bool of_kafka =
        java_class.starts_with("kafka.") || java_class.starts_with("org.apache.kafka.");
    if (!of_kafka || dot == std::string_view::npos) return nullptr;
    const auto simple = java_class.substr(dot + 1);
    for (const auto& [name, verb] : classes)
        if (simple == name) return find_by_verb(verb);
    return nullptr;
}

std::string usage(const Tool& tool) {
    std::string text = fmt::format("{} ({}): {}\n", tool.verb.empty() ? tool.script : tool.verb,
                                   tool.script, tool.summary);
    if (!tool.actions.empty()) text += fmt::format("Actions: {}\n", tool.actions);
    for (const auto& option : tool.options) {
        std::string left = fmt::format("--{}", option.name);
        if (option.letter) left = fmt::format("-{}, {}", option.letter, left);
        if (option.takes == Takes::value) left += fmt::format(" <{}>", option.value);
        if (option.takes == Takes::optional_value) left += fmt::format(" [{}]", option.value);
        text += fmt::format("  {:<42} {}\n", left, option.help);
    }
    return text;
}

int run_tool(const Tool& tool, const std::vector<std::string>& arguments) {
    try {
        if (asks_for(arguments, "--help") || asks_for(arguments, "-h")) {
            fmt::print("{}", usage(tool));
            return 0;
        }
        if (asks_for(arguments, "--version")) {
            fmt::print("barnabas {} (Apache Kafka 4.3 protocol)\n", BARNABAS_VERSION);
            return 0;
        }
        if (tool.options.empty()) {
            Options words;
            for (const auto& word : arguments) words.add_word(word);
            return tool.run(words);
        }
        const Options options = parse_options(tool.options, arguments, tool.abbreviations);
        const int code = tool.run(options);
        return std::fflush(stdout) == 0 ? code : 1;
    } catch (const UsageFailure& failure) {
        std::fflush(stdout);
        fmt::print(stderr, "{}\n\n{}", failure.text(), usage(tool));
    } catch (const Failure& failure) {
        std::fflush(stdout);
        fmt::print(stderr, "{}{}\n", tool.failure_prefix, failure.text());
    }
    return 1;
}

std::optional<int> run_as_tool(const std::vector<std::string>& arguments) {
    const bool by_class = program_name(arguments.at(0)) == "kafka-run-class";
    if (by_class && arguments.size() > 1)
        if (const Tool* tool = find_by_class(arguments[1]))
            return run_tool(*tool, {arguments.begin() + 2, arguments.end()});
    if (const Tool* tool = find_by_script(program_name(arguments.at(0))))
        return run_tool(*tool, {arguments.begin() + 1, arguments.end()});
    if (arguments.size() < 2) {
        fmt::print("{}", help_screen());
        return 0;
    }
    if (const Tool* tool = find_by_verb(program_name(arguments[1])))
        return run_tool(*tool, {arguments.begin() + 2, arguments.end()});
    if (const Tool* tool = find_by_script(program_name(arguments[1])))
        return run_tool(*tool, {arguments.begin() + 2, arguments.end()});
    return std::nullopt;
}

std::string help_screen() {
    std::string text = fmt::format(
        "barnabas {}: a broker that speaks Apache Kafka's protocol, and Kafka's tools\n\n"
        "  barnabas serve [server.properties]     runs a broker; without a file on localhost:9092\n"
        "  barnabas verify DIR                    looks for damage in a log directory\n"
        "  barnabas apis | wire                   what is answered; a look into Kafka's bytes\n\n"
        "Tools, as `barnabas NAME` or under Kafka's name (kafka-NAME, kafka-NAME.sh):\n",
        BARNABAS_VERSION);
    for (const Tool& tool : tools())
        if (!tool.verb.empty()) text += fmt::format("  {:<22} {}\n", tool.verb, tool.summary);
    text +=
        "\n  barnabas NAME --help                   its options, which are Kafka's\n"
        "  barnabas topics --bootstrap-server :9092 --list --output json\n"
        "  source <(barnabas completion bash)     completion for your shell (bash, zsh)\n";
    return text;
}

}  // namespace barnabas::cli
