// SPDX-License-Identifier: Apache-2.0
// See options.h.
#include "cli/options.h"

#include "base/whole_number.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

class Parser {
  public:
    Parser(std::span<const OptionSpec> specs, std::span<const std::string> arguments,
           bool abbreviations)
        : specs_(specs), arguments_(arguments), abbreviations_(abbreviations) {}

    Options parse() {
        while (at_ < arguments_.size()) {
            const std::string& word = arguments_[at_++];
            if (words_only_ || word.size() < 2 || word[0] != '-' || is_number(word))
                options_.add_word(word);
            else if (word == "--")
                words_only_ = true;
            else
                take_option(word);
        }
        return std::move(options_);
    }

  private:
    static bool is_number(const std::string& word) {
        return word.find_first_not_of("0123456789", 1) == std::string::npos;
    }

    void take_option(const std::string& word) {
        std::string_view name = std::string_view(word).substr(word.starts_with("--") ? 2 : 1);
        std::optional<std::string> value;
        if (const auto equals = name.find('='); equals != std::string_view::npos) {
            value = std::string(name.substr(equals + 1));
            name = name.substr(0, equals);
        }
        const OptionSpec& spec = find(name);
        if (spec.takes == Takes::nothing && value)
            throw UsageFailure(fmt::format("Option {} takes no value", spec.name));
        const bool may_follow = spec.takes != Takes::nothing && !value && at_ < arguments_.size();
        if (may_follow && (spec.takes == Takes::value || !looks_like_option(arguments_[at_])))
            value = arguments_[at_++];
        if (spec.takes == Takes::value && !value)
            throw UsageFailure(fmt::format("Option {} requires an argument", spec.name));
        options_.add(spec.name, std::move(value));
    }

    static bool looks_like_option(const std::string& word) {
        return word.size() > 1 && word[0] == '-' && !is_number(word);
    }

    const OptionSpec& find(std::string_view name) const {
        const OptionSpec* found = nullptr;
        for (const auto& spec : specs_) {
            if (spec.name == name || (name.size() == 1 && spec.letter == name[0])) return spec;
            if (!abbreviations_ || !spec.name.starts_with(name)) continue;
            if (found)
                throw UsageFailure(
                    fmt::format("{} is ambiguous: --{} or --{}", name, found->name, spec.name));
            found = &spec;
        }
        if (!found) throw UsageFailure(fmt::format("{} is not a recognized option", name));
        return *found;
    }

    std::span<const OptionSpec> specs_;
    std::span<const std::string> arguments_;
    bool abbreviations_;
    bool words_only_ = false;
    size_t at_ = 0;
    Options options_;
};

}  // namespace

void Options::add(std::string_view name, std::optional<std::string> value) {
    given_[std::string(name)].push_back(std::move(value));
    sequence_.emplace_back(name);
}

std::optional<std::string> Options::value(std::string_view name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? std::nullopt : found->second.back();
}

std::string Options::value_or(std::string_view name, std::string_view otherwise) const {
    return value(name).value_or(std::string(otherwise));
}

std::vector<std::string> Options::values(std::string_view name) const {
    std::vector<std::string> values;
    if (const auto found = given_.find(name); found != given_.end())
        for (const auto& value : found->second)
            if (value) values.push_back(*value);
    return values;
}

std::vector<std::string> Options::list(std::string_view name) const {
    std::vector<std::string> items;
    for (const auto& value : values(name))
        for (auto& item : split(value, ','))
            if (!item.empty()) items.push_back(std::move(item));
    return items;
}

int64_t parse_number(std::string_view name, std::string_view text) {
    const auto number = whole_number<int64_t>(text);
    if (!number)
        throw UsageFailure(
            fmt::format("Cannot parse argument '{}' of option {}: expected a whole "
                        "number",
                        text, name));
    return *number;
}

std::optional<int64_t> Options::number(std::string_view name) const {
    const auto text = value(name);
    if (!text) return std::nullopt;
    return parse_number(name, *text);
}

int64_t Options::number_or(std::string_view name, int64_t otherwise) const {
    return number(name).value_or(otherwise);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> pieces;
    if (text.empty()) return pieces;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(separator, at), text.size());
        pieces.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return pieces;
}

Options parse_options(std::span<const OptionSpec> specs, std::span<const std::string> arguments,
                      bool abbreviations) {
    return Parser(specs, arguments, abbreviations).parse();
}

}  // namespace barnabas::cli
