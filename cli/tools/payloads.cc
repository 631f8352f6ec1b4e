// SPDX-License-Identifier: Apache-2.0
// See payloads.h.
#include "cli/tools/payloads.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <filesystem>

#include "base/asio/posix_disk.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr uint64_t file_bytes_max = 1 << 30;
constexpr int64_t record_bytes_max = 1 << 30;

}  // namespace

std::vector<std::string> scan_payloads(std::string_view text, const std::string& delimiter) {
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    const re2::RE2 expression(delimiter, quiet);
    if (!expression.ok())
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("--payload-delimiter {}: {}", delimiter, expression.error()));
    std::vector<std::string> texts;
    const re2::StringPiece whole(text.data(), text.size());
    re2::StringPiece match;
    size_t at = 0;
    while (at < text.size()) {
        if (expression.Match(whole, at, whole.size(), re2::RE2::ANCHOR_START, &match, 1))
            at += match.size();
        if (at >= text.size()) break;
        size_t end = text.size();
        // A match of nothing separates only after a first character.
        bool found = expression.Match(whole, at, whole.size(), re2::RE2::UNANCHORED, &match, 1);
        if (found && match.empty() && match.data() == text.data() + at)
            found = expression.Match(whole, at + 1, whole.size(), re2::RE2::UNANCHORED, &match, 1);
        if (found) end = static_cast<size_t>(match.data() - text.data());
        texts.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return texts;
}

Payloads::Payloads(const Options& options) {
    const auto size = options.number("record-size");
    const auto file = options.value("payload-file");
    counts_up_ = options.has("payload-monotonic");
    const int given = (size ? 1 : 0) + (file ? 1 : 0) + (counts_up_ ? 1 : 0);
    if (given == 0)
        throw UsageFailure(
            "kafka-producer-perf-test: error: one of the arguments --record-size --payload-file "
            "--payload-monotonic is required");
    if (given > 1)
        throw UsageFailure(
            "kafka-producer-perf-test: error: only one of --record-size, --payload-file and "
            "--payload-monotonic is allowed");
    if (size && *size <= 0)
        throw UsageFailure(
            "kafka-producer-perf-test: error: --record-size should be greater than zero.");
    if (size && *size > record_bytes_max)
        throw UsageFailure(fmt::format("--record-size {}: at most {}", *size, record_bytes_max));
    if (size) value_.resize(static_cast<size_t>(*size));
    if (!file) return;
    const auto delimiter = options.value_or("payload-delimiter", "\\n");
    read_file(*file, delimiter == "\\n" ? "\n" : delimiter);
}

void Payloads::read_file(const std::string& path, const std::string& delimiter) {
    std::error_code ignored;
    fmt::print("Reading payloads from: {}\n", std::filesystem::absolute(path, ignored).string());
    PosixDisk disk;
    const auto content = disk.read_file(path, file_bytes_max);
    if (!content || content->empty())
        throw Failure(ErrorCode::invalid_request, "File does not exist or empty file provided.");
    texts_ = scan_payloads(as_text(*content), delimiter);
    fmt::print("Number of records read: {}\n", texts_.size());
    if (texts_.empty())
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("{} has no payload between its delimiters", path));
}

Bytes Payloads::next(int64_t number) {
    if (!texts_.empty()) return as_bytes(texts_[random_.below(texts_.size())]);
    if (counts_up_) {
        value_ = std::to_string(number);
        return as_bytes(value_);
    }
    constexpr uint64_t letters = 26;
    for (char& c : value_) c = static_cast<char>('A' + random_.below(letters));
    return as_bytes(value_);
}

}  // namespace barnabas::cli
