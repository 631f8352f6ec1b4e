// SPDX-License-Identifier: Apache-2.0
// The command lines of Kafka's tools: `--name value`, `--name=value`, `-name value`, words that are
// no options, lists of values. Not CLI11: its single dash means letters, it takes neither option
// for the other's form, and its messages are not those that people look up.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace barnabas::cli {

enum class Takes { nothing, value, optional_value };

struct OptionSpec {
    std::string_view name;  // without dashes
    Takes takes = Takes::nothing;
    std::string_view value = {};  // what the value is, for people: "name=value"
    std::string_view help = {};
    char letter = 0;  // -c for --config
};

class Options {
  public:
    // A value as given; several are in order.
    void add(std::string_view name, std::optional<std::string> value);
    void add_word(std::string word) { words_.push_back(std::move(word)); }

    bool has(std::string_view name) const { return given_.contains(name); }
    // The last one given, if there was one with a value.
    std::optional<std::string> value(std::string_view name) const;
    std::string value_or(std::string_view name, std::string_view otherwise) const;
    // All, in order.
    std::vector<std::string> values(std::string_view name) const;
    // The same, cut at commas.
    std::vector<std::string> list(std::string_view name) const;
    // A whole number. Throws Failure for anything else, naming option and value.
    std::optional<int64_t> number(std::string_view name) const;
    int64_t number_or(std::string_view name, int64_t otherwise) const;

    // The names of the options, in the order in which they were given.
    const std::vector<std::string>& sequence() const { return sequence_; }

    const std::vector<std::string>& words() const { return words_; }
    // The first word: the action of tools that have them ("describe").
    std::string_view action() const { return words_.empty() ? std::string_view{} : words_.front(); }

  private:
    std::map<std::string, std::vector<std::optional<std::string>>, std::less<>> given_;
    std::vector<std::string> sequence_;
    std::vector<std::string> words_;
};

// Throws UsageFailure. `abbreviations`: an unambiguous beginning of a name is enough (those of
// Kafka's tools that have actions take them).
Options parse_options(std::span<const OptionSpec> specs, std::span<const std::string> arguments,
                      bool abbreviations);

// The pieces of a text between `separator`s; none for an empty text.
std::vector<std::string> split(std::string_view text, char separator);

// "value" or an exception that names the option: whole texts only.
int64_t parse_number(std::string_view name, std::string_view text);

}  // namespace barnabas::cli
