// SPDX-License-Identifier: Apache-2.0
// See reset_plan.h.
#include "cli/tools/reset_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view rules[] = {"to-earliest", "to-latest",   "to-current", "to-offset",
                                      "shift-by",    "to-datetime", "by-duration"};

// "Z", "+01:00", "-0530" in minutes.
std::optional<int> parse_zone(std::string_view text) {
    if (text.empty() || text == "Z") return 0;
    int hours = 0, minutes = 0;
    const std::string copy(text.substr(1));
    const bool colon = std::sscanf(copy.c_str(), "%2d:%2d", &hours, &minutes) == 2;
    if (!colon && std::sscanf(copy.c_str(), "%2d%2d", &hours, &minutes) < 1) return std::nullopt;
    if (text[0] != '+' && text[0] != '-') return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<int64_t> parse_date_time(std::string_view text) {
    const std::string copy(text);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                    &second, &used) != 6)
        return std::nullopt;
    auto rest = text.substr(static_cast<size_t>(used));
    int64_t fraction_ms = 0;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        int64_t unit = 100;
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1), unit /= 10)
            fraction_ms += unit * (rest[0] - '0');
    }
    const auto zone = parse_zone(rest);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!zone || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const int64_t seconds = ((days * 24 + hour) * 60 + minute - *zone) * 60 + second;
    return seconds * 1000 + fraction_ms;
}

std::optional<int64_t> parse_duration(std::string_view text) {
    if (!text.starts_with('P')) return std::nullopt;
    text.remove_prefix(1);
    double total = 0;
    bool in_time = false;
    while (!text.empty()) {
        if (text[0] == 'T') {
            in_time = true;
            text.remove_prefix(1);
            continue;
        }
        double amount = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
        if (error != std::errc() || end == text.data() + text.size()) return std::nullopt;
        const char unit = *end;
        if (unit == 'D' && !in_time)
            total += amount * 86'400'000;
        else if (unit == 'H' && in_time)
            total += amount * 3'600'000;
        else if (unit == 'M' && in_time)
            total += amount * 60'000;
        else if (unit == 'S' && in_time)
            total += amount * 1000;
        else
            return std::nullopt;
        text.remove_prefix(static_cast<size_t>(end + 1 - text.data()));
    }
    return static_cast<int64_t>(total);
}

ResetRule parse_reset_rule(const Options& options, int64_t now_ms) {
    std::string_view rule;
    int count = 0;
    for (const auto each : rules)
        if (options.has(each)) {
            rule = each;
            ++count;
        }
    if (count != 1)
        throw UsageFailure(
            "Exactly one of --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, "
            "--to-datetime or --by-duration says where --reset-offsets goes");
    if (rule == "to-earliest") return {ResetTo::earliest, 0};
    if (rule == "to-latest") return {ResetTo::latest, 0};
    if (rule == "to-current") return {ResetTo::current, 0};
    if (rule == "to-offset") return {ResetTo::offset, *options.number(rule)};
    if (rule == "shift-by") return {ResetTo::shift, *options.number(rule)};
    const auto text = *options.value(rule);
    const bool duration = rule == "by-duration";
    const auto time = duration ? parse_duration(text) : parse_date_time(text);
    if (!time)
        throw UsageFailure(fmt::format("--{} {}: expected {}", rule, text,
                                       duration ? "a duration like PT1H30M or P1DT2H"
                                                : "a time like 2024-01-31T23:59:00.000"));
    return {ResetTo::time, duration ? now_ms - *time : *time};
}

int64_t keep_between(int64_t offset, int64_t earliest, int64_t latest) {
    return std::clamp(offset, std::min(earliest, latest), latest);
}

}  // namespace barnabas::cli
