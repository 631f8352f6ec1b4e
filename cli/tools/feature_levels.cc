// SPDX-License-Identifier: Apache-2.0
// See feature_levels.h.
#include "cli/tools/feature_levels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/whole_number.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

// The names of metadata.version 7 to 30, and of the one after it, which 4.3 has begun.
constexpr std::string_view metadata_names[] = {
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1",
    "3.6-IV2", "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0",
    "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1",
    "4.2-IV0", "4.2-IV1", "4.3-IV0", "4.4-IV0"};

constexpr Feature known_features[] = {
    {.name = "kraft.version", .newest = 1, .first_by = 21, .newest_by = 21},
    {.name = "transaction.version", .newest = 2, .first_by = 24, .newest_by = 24},
    {.name = "group.version", .newest = 1, .first_by = 22, .newest_by = 22},
    {.name = "eligible.leader.replicas.version",
     .newest = 1,
     .first_by = 26,
     .newest_by = 26,
     .needs_metadata_version = 23},
    {.name = "share.version", .newest = 1, .first_by = 28, .newest_by = 28},
    {.name = "streams.version", .newest = 1, .first_by = 29, .newest_by = 29},
};

// "4.3" for "4.3-IV0" and "4.3.1".
std::string_view short_release(std::string_view release) {
    const auto dash = release.find('-');
    auto text = release.substr(0, dash);
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return text;
    return text.substr(0, text.find('.', dot + 1));
}

std::string level_line(std::string_view feature, int16_t level) {
    const auto name = metadata_version_name(level);
    if (feature == metadata_feature && name)
        return fmt::format("{}={} ({})", feature, level, *name);
    return fmt::format("{}={}", feature, level);
}

}  // namespace

int16_t Feature::level_at(int16_t metadata_version) const {
    if (metadata_version >= newest_by) return newest;
    return metadata_version >= first_by ? 1 : 0;
}

std::span<const Feature> features() {
    return known_features;
}

const Feature* find_feature(std::string_view name) {
    const auto* found = std::ranges::find(known_features, name, &Feature::name);
    return found == std::end(known_features) ? nullptr : found;
}

std::optional<std::string> metadata_version_name(int16_t level) {
    if (level < metadata_version_min) return std::nullopt;
    const auto index = static_cast<size_t>(level - metadata_version_min);
    if (index >= std::size(metadata_names)) return std::nullopt;
    return std::string(metadata_names[index]);
}

std::optional<int16_t> metadata_version_of(std::string_view release) {
    const bool whole = release.find('-') != std::string_view::npos;
    // What is not finished has no short name yet.
    constexpr size_t finished = metadata_version_max - metadata_version_min + 1;
    std::optional<int16_t> found;
    for (size_t i = 0; i < (whole ? std::size(metadata_names) : finished); ++i)
        if (whole ? metadata_names[i] == release
                  : short_release(metadata_names[i]) == short_release(release))
            found = static_cast<int16_t>(metadata_version_min + static_cast<int16_t>(i));
    return found;
}

int16_t known_release(const std::string& release) {
    if (const auto level = metadata_version_of(release)) return *level;
    throw Failure(ErrorCode::invalid_request,
                  fmt::format("Unknown metadata.version '{}'. Supported metadata.version are: {}",
                              release, fmt::join(metadata_names, ", ")));
}

std::string level_text(std::string_view feature, int16_t level) {
    if (feature != metadata_feature) return std::to_string(level);
    return metadata_version_name(level).value_or(fmt::format("UNKNOWN [{}]", level));
}

FeatureAndLevel parse_feature(std::string_view text) {
    const auto trimmed = [](std::string_view word) {
        const auto begin = word.find_first_not_of(' ');
        if (begin == std::string_view::npos) return std::string_view{};
        return word.substr(begin, word.find_last_not_of(' ') - begin + 1);
    };
    const auto equals = text.find('=');
    if (equals == std::string_view::npos)
        throw Failure(
            ErrorCode::invalid_request,
            fmt::format("Can't parse feature=level string {}: equals sign not found.", text));
    const auto level = trimmed(text.substr(equals + 1));
    const auto number = whole_number<int16_t>(level);
    if (!number)
        throw Failure(ErrorCode::invalid_request,
                      fmt::format("Can't parse feature=level string {}: unable to parse {} as a "
                                  "short.",
                                  text, level));
    return {std::string(trimmed(text.substr(0, equals))), *number};
}

std::string version_mapping(const std::optional<std::string>& release) {
    const std::string text = release.value_or(*metadata_version_name(metadata_version_max));
    const int16_t metadata = known_release(text);
    std::string lines = fmt::format("{}={} ({})\n", metadata_feature, metadata, text);
    for (const Feature& feature : features())
        lines += fmt::format("{}={}\n", feature.name, feature.level_at(metadata));
    return lines;
}

std::string feature_dependencies(std::span<const std::string> names) {
    std::string lines;
    for (const auto& text : names) {
        const auto [name, level] = parse_feature(text);
        const Feature* feature = find_feature(name);
        if (name == metadata_feature && !metadata_version_name(level))
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("Unknown metadata.version {}", level));
        if (name != metadata_feature && !feature)
            throw Failure(ErrorCode::invalid_request, fmt::format("Unknown feature: {}", name));
        if (feature && (level < 0 || level > feature->newest))
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("No feature:{} with feature level {}", name, level));
        if (feature && level > 0 && feature->needs_metadata_version > 0)
            lines += fmt::format("{} requires:\n    {}\n", level_line(name, level),
                                 level_line(metadata_feature, feature->needs_metadata_version));
        else
            lines += fmt::format("{} has no dependencies.\n", level_line(name, level));
    }
    return lines;
}

}  // namespace barnabas::cli
