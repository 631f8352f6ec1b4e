// SPDX-License-Identifier: Apache-2.0
// See partition_filter.h.
#include "cli/tools/partition_filter.h"

#include <optional>
#include <utility>

#include "base/whole_number.h"
#include "cli/options.h"

namespace barnabas::cli {

namespace {

std::string_view topic_part(std::string_view text) {
    const auto name = text.substr(0, text.rfind(':'));
    return name.empty() ? ".*" : name;
}

}  // namespace

PartitionRule::PartitionRule(std::string_view text) : topic_(topic_part(text)) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return;
    const auto range = text.substr(colon + 1);
    const auto dash = range.find('-');
    const auto low = range.substr(0, dash);
    const auto first = low.empty() ? std::optional<int32_t>(0) : whole_number<int32_t>(low);
    std::optional<int32_t> end = first ? std::optional<int32_t>(*first + 1) : std::nullopt;
    if (dash != std::string_view::npos) {
        const auto high = range.substr(dash + 1);
        end = high.empty() ? std::optional<int32_t>(INT32_MAX) : whole_number<int32_t>(high);
    }
    if (low.empty() && dash == std::string_view::npos) end = INT32_MAX;
    if (!first || !end)
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("Invalid rule specification: {}", text));
    first_ = *first;
    end_ = *end;
}

std::vector<PartitionRule> parse_partition_rules(std::string_view text) {
    std::vector<PartitionRule> rules;
    for (const auto& item : split(text, ',')) rules.emplace_back(item);
    return rules;
}

int64_t parse_time(std::string_view text) {
    constexpr std::pair<std::string_view, int64_t> names[] = {
        {"latest", -1},         {"earliest", -2},      {"max-timestamp", -3},
        {"earliest-local", -4}, {"latest-tiered", -5}, {"earliest-pending-upload", -6}};
    for (const auto& [name, time] : names)
        if (text == name) return time;
    if (const auto time = whole_number<int64_t>(text)) return *time;
    throw Failure(
        ErrorCode::invalid_timestamp,
        fmt::format("Malformed time argument {}. Please use -1 or latest / -2 or earliest / "
                    "-3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / "
                    "-6 or earliest-pending-upload, or a specified long format timestamp",
                    text));
}

}  // namespace barnabas::cli
