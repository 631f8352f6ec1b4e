// SPDX-License-Identifier: Apache-2.0
// See completion.h.
#include "cli/completion.h"

#include <fmt/format.h>

#include <memory>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

// The words that may follow a tool's name.
std::string words_of(const Tool& tool) {
    std::string words(tool.actions);
    for (const auto& option : tool.options) words += fmt::format(" --{}", option.name);
    return words + " --help";
}

std::string cases() {
    std::string text;
    for (const Tool& tool : tools()) {
        const auto verb = tool.verb.empty() ? tool.script : tool.verb;
        text += fmt::format("    {}|{}) words=\"{}\" ;;\n", verb, tool.script, words_of(tool));
    }
    return text;
}

}  // namespace

std::string completion_script(bool zsh) {
    std::string verbs = "serve verify wire apis completion tools";
    std::string names = "barnabas";
    for (const Tool& tool : tools()) {
        if (!tool.verb.empty()) verbs += fmt::format(" {}", tool.verb);
        if (tool.script != tool.verb) names += fmt::format(" {0} {0}.sh", tool.script);
    }
    return fmt::format(
        "{}_barnabas() {{\n"
        "  local name words current=${{COMP_WORDS[COMP_CWORD]}}\n"
        "  name=${{COMP_WORDS[0]##*/}}\n"
        "  name=${{name%.sh}}\n"
        "  if [ \"$name\" = barnabas ]; then\n"
        "    if [ \"$COMP_CWORD\" -le 1 ]; then\n"
        "      COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))\n"
        "      return\n"
        "    fi\n"
        "    name=${{COMP_WORDS[1]}}\n"
        "  fi\n"
        "  case $name in\n"
        "{}"
        "    *) words= ;;\n"
        "  esac\n"
        "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "}}\n"
        "complete -o default -F _barnabas {}\n",
        zsh ? "autoload -U +X bashcompinit && bashcompinit\n" : "", verbs, cases(), names);
}

void add_completion_commands(CLI::App& app, int& exit_code) {
    auto shell = std::make_shared<std::string>("bash");
    auto* completion = app.add_subcommand("completion", "Completion for bash or zsh");
    completion->add_option("shell", *shell, "bash or zsh")->check(CLI::IsMember({"bash", "zsh"}));
    completion->callback([shell, &exit_code] {
        fmt::print("{}", completion_script(*shell == "zsh"));
        exit_code = 0;
    });
    auto* list =
        app.add_subcommand("tools", "Names that the binary answers to when linked to them");
    list->callback([&exit_code] {
        for (const Tool& tool : tools()) fmt::print("{}\n", tool.script);
        fmt::print("kafka-server-start\n");
        exit_code = 0;
    });
}

}  // namespace barnabas::cli
