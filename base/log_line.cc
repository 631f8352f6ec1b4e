// SPDX-License-Identifier: Apache-2.0
// Log lines through spdlog, to standard error. One line per call: control characters in a message
// (which may hold what a client sent) are escaped, so that nobody can forge a line.
#include "base/log_line.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

namespace barnabas {
namespace {

constexpr const char* pattern = "%Y-%m-%dT%H:%M:%S.%eZ %-5l %v";

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

// Gives each formatted line to a function instead of a file; the sink's own lock serializes calls.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FunctionSink(LogSink sink) : sink_(std::move(sink)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::string_view text(line.data(), line.size());
        if (text.ends_with('\n')) text.remove_suffix(1);
        sink_(text);
    }
    void flush_() override {}

    LogSink sink_;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("barnabas", std::move(sink));
    logger->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    logger->set_level(spdlog::level::info);
    logger->flush_on(spdlog::level::trace);
    return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance =
        make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return instance;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string escaped(std::string_view message) {
    std::string result;
    result.reserve(message.size() + 8);
    for (const char c : message) {
        if (is_control(c))
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    }
    return result;
}

}  // namespace

void set_log_level(LogLevel level) {
    logger()->set_level(to_spdlog(level));
}

void set_log_sink(LogSink sink) {
    const auto level = logger()->level();
    spdlog::sink_ptr target;
    if (sink)
        target = std::make_shared<FunctionSink>(std::move(sink));
    else
        target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    logger() = make_logger(std::move(target));
    logger()->set_level(level);
}

bool log_enabled(LogLevel level) {
    return logger()->should_log(to_spdlog(level));
}

void write_log(LogLevel level, std::string_view component, std::string_view message) {
    const bool clean = std::none_of(message.begin(), message.end(), is_control);
    if (clean)
        logger()->log(to_spdlog(level), "{} {}", component, message);
    else
        logger()->log(to_spdlog(level), "{} {}", component, escaped(message));
}

}  // namespace barnabas
