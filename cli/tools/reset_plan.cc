// SPDX-License-Identifier: Apache-2.0
// See reset_plan.h.
#include "cli/tools/reset_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "base/asio/posix_disk.h"
#include "base/whole_number.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view rules[] = {"to-earliest", "to-latest",   "to-current",  "to-offset",
                                      "shift-by",    "to-datetime", "by-duration", "from-file"};
constexpr uint64_t file_bytes_max = 256 << 20;

// The cells of a line of CSV; a cell in quotes may have commas, and quotes as two of them.
std::vector<std::string> csv_cells(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (size_t at = 0; at < line.size(); ++at) {
        const bool twice = quoted && at + 1 < line.size() && line[at + 1] == '"';
        if (line[at] == '"' && twice)
            cells.back() += line[at++];
        else if (line[at] == '"')
            quoted = !quoted;
        else if (line[at] == ',' && !quoted)
            cells.emplace_back();
        else
            cells.back() += line[at];
    }
    return cells;
}

ResetFile read_reset_file(const Options& options) {
    const auto path = options.value_or("from-file", "");
    PosixDisk disk;
    const auto content = disk.read_file(path, file_bytes_max);
    if (!content)
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("{}: {}", path, std::strerror(content.error().os_error)));
    const auto groups = options.values("group");
    return parse_reset_file(as_text(*content),
                            groups.size() == 1 ? std::optional(groups.front()) : std::nullopt);
}

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

ResetFile parse_reset_file(std::string_view text, const std::optional<std::string>& group) {
    ResetFile plan;
    bool own_group = group.has_value();
    bool first = true;
    for (auto& line : split(text, '\n')) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) continue;
        auto cells = csv_cells(line);
        if (std::exchange(first, false)) own_group = own_group && cells.size() == 3;
        if (own_group) cells.insert(cells.begin(), *group);
        const auto index = cells.size() == 4 ? whole_number<int32_t>(cells[2]) : std::nullopt;
        const auto offset = cells.size() == 4 ? whole_number<int64_t>(cells[3]) : std::nullopt;
        if (!index || !offset)
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("\"{}\": expected {}topic,partition,offset", line,
                                      own_group ? "" : "group,"));
        plan[cells[0]][{cells[1], *index}] = *offset;
    }
    return plan;
}

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
            "--to-datetime, --by-duration or --from-file says where --reset-offsets goes");
    if (rule == "from-file") return {ResetTo::file, 0, read_reset_file(options)};
    if (rule == "to-earliest") return {ResetTo::earliest, 0, {}};
    if (rule == "to-latest") return {ResetTo::latest, 0, {}};
    if (rule == "to-current") return {ResetTo::current, 0, {}};
    if (rule == "to-offset") return {ResetTo::offset, *options.number(rule), {}};
    if (rule == "shift-by") return {ResetTo::shift, *options.number(rule), {}};
    const auto text = *options.value(rule);
    const bool duration = rule == "by-duration";
    const auto time = duration ? parse_duration(text) : parse_date_time(text);
    if (!time)
        throw UsageFailure(fmt::format("--{} {}: expected {}", rule, text,
                                       duration ? "a duration like PT1H30M or P1DT2H"
                                                : "a time like 2024-01-31T23:59:00.000"));
    return {ResetTo::time, duration ? now_ms - *time : *time, {}};
}

int64_t keep_between(int64_t offset, int64_t earliest, int64_t latest) {
    return std::clamp(offset, std::min(earliest, latest), latest);
}

}  // namespace barnabas::cli
