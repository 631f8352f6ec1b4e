// SPDX-License-Identifier: Apache-2.0
// See date_pattern.h.
#include "cli/tools/date_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "cli/client/failure.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view letters = "GyYMLwWDdFEuaHkKhmsSzZX";
constexpr std::string_view months[] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
constexpr std::string_view days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
constexpr size_t short_name = 3, long_from = 4;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string name(std::string_view whole, size_t count) {
    return std::string(count >= long_from ? whole : whole.substr(0, short_name));
}

// Which week of its year a day is in: weeks begin on Sunday, the first one has January 1st.
struct Week {
    int year = 0, number = 0;
};
Week week_of(const std::tm& time) {
    constexpr int week_days = 7, december = 11, last_day = 31;
    const int year = time.tm_year + 1900;
    // The last days of December are in the next year's first week if that begins among them.
    if (time.tm_mon == december && time.tm_mday - time.tm_wday + week_days - 1 > last_day)
        return {year + 1, 1};
    const int first = (time.tm_wday - time.tm_yday % week_days + week_days) % week_days;
    return {year, (time.tm_yday + first) / week_days + 1};
}

std::string number(int value, size_t width) {
    return fmt::format("{:0{}}", value, width);
}

std::string year_text(int year, size_t count) {
    constexpr int century = 100;
    return count == 2 ? number(year % century, 2) : number(year, count);
}

// "+0130" for Z; "Z", "+01", "+0130" or "+01:30" for X.
std::string zone_offset(long seconds, char letter, size_t count) {
    if (letter == 'X' && seconds == 0) return "Z";
    const long minutes = std::labs(seconds) / 60;
    const char sign = seconds < 0 ? '-' : '+';
    if (letter == 'X' && count == 1) return fmt::format("{}{:02}", sign, minutes / 60);
    const bool colon = letter == 'X' && count == 3;
    return fmt::format("{}{:02}{}{:02}", sign, minutes / 60, colon ? ":" : "", minutes % 60);
}

std::string clock_part(const std::tm& time, int64_t time_ms, char letter, size_t count) {
    constexpr int half_day = 12, whole_day = 24, thousand = 1000;
    const int half = time.tm_hour % half_day;
    switch (letter) {
        case 'a':
            return time.tm_hour < half_day ? "AM" : "PM";
        case 'H':
            return number(time.tm_hour, count);
        case 'k':
            return number(time.tm_hour == 0 ? whole_day : time.tm_hour, count);
        case 'K':
            return number(half, count);
        case 'h':
            return number(half == 0 ? half_day : half, count);
        case 'm':
            return number(time.tm_min, count);
        case 's':
            return number(time.tm_sec, count);
        case 'S':
            return number(static_cast<int>((time_ms % thousand + thousand) % thousand), count);
        case 'z':
            return time.tm_zone;
        default:
            return zone_offset(time.tm_gmtoff, letter, count);
    }
}

std::string date_part(const std::tm& time, char letter, size_t count) {
    constexpr int week_days = 7;
    const int month_begin = (time.tm_wday - (time.tm_mday - 1) % week_days + week_days) % week_days;
    switch (letter) {
        case 'G':
            return "AD";
        case 'y':
            return year_text(time.tm_year + 1900, count);
        case 'Y':
            return year_text(week_of(time).year, count);
        case 'M':
        case 'L':
            return count < short_name ? number(time.tm_mon + 1, count)
                                      : name(months[time.tm_mon], count);
        case 'w':
            return number(week_of(time).number, count);
        case 'W':
            return number((time.tm_mday - 1 + month_begin) / week_days + 1, count);
        case 'D':
            return number(time.tm_yday + 1, count);
        case 'd':
            return number(time.tm_mday, count);
        case 'F':
            return number((time.tm_mday - 1) / week_days + 1, count);
        case 'E':
            return name(days[time.tm_wday], count);
        default:  // u: Monday is 1
            return number(time.tm_wday == 0 ? week_days : time.tm_wday, count);
    }
}

[[noreturn]] void refuse(std::string text) {
    throw Failure(ErrorCode::invalid_request, std::move(text));
}

}  // namespace

DatePattern::DatePattern(std::string_view pattern) {
    const auto literal = [&](char c) {
        if (pieces_.empty() || pieces_.back().letter != 0) pieces_.emplace_back();
        pieces_.back().literal += c;
    };
    bool quoted = false;
    for (size_t at = 0; at < pattern.size(); ++at) {
        const char c = pattern[at];
        if (c == '\'') {
            const bool twice = at + 1 < pattern.size() && pattern[at + 1] == '\'';
            if (twice)
                literal(pattern[at++]);
            else
                quoted = !quoted;
        } else if (quoted || !is_letter(c)) {
            literal(c);
        } else if (letters.find(c) == std::string_view::npos) {
            refuse(fmt::format("Illegal pattern character '{}'", c));
        } else {
            if (pieces_.empty() || pieces_.back().letter != c || at == 0 || pattern[at - 1] != c)
                pieces_.push_back({c, 0, {}});
            ++pieces_.back().count;
        }
    }
    if (quoted) refuse("Unterminated quote");
    for (const auto& piece : pieces_)
        if (piece.letter == 'X' && piece.count > 3)
            refuse(fmt::format("invalid ISO 8601 format: length={}", piece.count));
}

std::string DatePattern::text(int64_t time_ms) const {
    constexpr int64_t thousand = 1000;
    const auto seconds = static_cast<std::time_t>(time_ms / thousand);
    std::tm time{};
    localtime_r(&seconds, &time);
    std::string text;
    for (const auto& [letter, count, literal] : pieces_) {
        if (letter == 0)
            text += literal;
        else if (std::string_view("aHkKhmsSzZX").find(letter) != std::string_view::npos)
            text += clock_part(time, time_ms, letter, count);
        else
            text += date_part(time, letter, count);
    }
    return text;
}

}  // namespace barnabas::cli
