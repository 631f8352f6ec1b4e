// SPDX-License-Identifier: Apache-2.0
// Structured one-line logs: time, level, component, message, key=value pairs. Written through
// spdlog; callable from any thread.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

namespace barnabas {

enum class LogLevel { trace, debug, info, warn, error };

void set_log_level(LogLevel level);
// Sends every line (without its end) to `sink` instead of standard error; null goes back. Only
// while no other thread logs: for tests and for start-up.
using LogSink = std::function<void(std::string_view line)>;
void set_log_sink(LogSink sink);
bool log_enabled(LogLevel level);
// `component` is a short fixed word ("storage", "controller").
void write_log(LogLevel level, std::string_view component, std::string_view message);

// log_info("storage", "recovered {} in {} ms", dir, ms); arguments are formatted only when enabled.
template <class... Args>
void log_at(LogLevel level, std::string_view component, fmt::format_string<Args...> format,
            Args&&... args) {
    if (log_enabled(level))
        write_log(level, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log_at(LogLevel::debug, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log_at(LogLevel::info, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log_at(LogLevel::warn, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    log_at(LogLevel::error, component, format, std::forward<Args>(args)...);
}

}  // namespace barnabas
