// SPDX-License-Identifier: Apache-2.0
// See feature_updates.h.
#include "cli/tools/feature_updates.h"

#include <fmt/format.h>

#include <map>

#include "cli/client/error_text.h"
#include "cli/tools/feature_levels.h"
#include "cli/tools/filters.h"
#include "protocol/messages/update_features.h"

namespace barnabas::cli {

namespace {

enum class UpgradeType : int8_t { upgrade = 1, safe_downgrade = 2, unsafe_downgrade = 3 };

using Levels = std::map<std::string, int16_t>;

[[noreturn]] void refuse(std::string text) {
    throw Failure(ErrorCode::invalid_request, std::move(text));
}

void add(Levels& levels, const std::string& feature, int16_t level) {
    if (!levels.emplace(feature, level).second)
        refuse(fmt::format("Feature {} was specified more than once.", feature));
}

Levels levels_of_release(const std::string& release, UpgradeType type) {
    const int16_t metadata = known_release(release);
    Levels levels{{std::string(metadata_feature), metadata}};
    for (const Feature& feature : features()) {
        const int16_t level = feature.level_at(metadata);
        // A feature is never upgraded to 0.
        if (type != UpgradeType::upgrade || level > 0) levels[std::string(feature.name)] = level;
    }
    return levels;
}

Levels wanted_levels(std::string_view action, const Options& options, UpgradeType type) {
    const auto given = options.values("feature");
    const auto metadata = options.value("metadata"), release = options.value("release-version");
    if (release && (metadata || !given.empty()))
        refuse("Can not specify `release-version` with other feature flags.");
    if (release) return levels_of_release(*release, type);
    Levels levels;
    if (metadata) {
        fmt::print(" `metadata` flag is deprecated and may be removed in a future release.\n");
        levels[std::string(metadata_feature)] = known_release(*metadata);
    }
    for (const auto& text : given) {
        if (action == "disable") {
            add(levels, text, 0);
            continue;
        }
        const auto [name, level] = parse_feature(text);
        add(levels, name, level);
    }
    return levels;
}

// Kafka's client refuses these itself.
void check(const Levels& levels, UpgradeType type) {
    for (const auto& [name, level] : levels) {
        if (level == 0 && type == UpgradeType::upgrade)
            refuse(
                fmt::format("The upgradeType flag should be set to SAFE_DOWNGRADE or "
                            "UNSAFE_DOWNGRADE when the provided maxVersionLevel:{} is < 1.",
                            level));
        if (level < 0) refuse("Cannot specify a negative version level.");
        if (name.empty()) refuse("Provided feature can not be empty.");
    }
}

struct Verdict {
    ErrorCode code = ErrorCode::none;
    std::string text;
};

// One for each feature: since version 2 there is one for all.
std::map<std::string, Verdict> ask(Client& client, const Levels& levels, UpgradeType type,
                                   bool dry_run) {
    protocol::UpdateFeaturesRequest request;
    request.validate_only = dry_run;
    for (const auto& [name, level] : levels) {
        auto& update = request.feature_updates.emplace_back();
        update.feature = Text(name);
        update.max_version_level = level;
        update.upgrade_type = static_cast<int8_t>(type);
        update.allow_downgrade = type != UpgradeType::upgrade;
    }
    const auto answer = client.ask<protocol::UpdateFeaturesResponse>(request);
    const Verdict whole{answer.error_code, answer_text(answer.error_code, answer.error_message)};
    std::map<std::string, Verdict> verdicts;
    for (const auto& [name, ignored] : levels) verdicts[name] = whole;
    if (whole.code == ErrorCode::none)
        for (const auto& result : answer.results)
            verdicts[result.feature.str()] = {result.error_code,
                                              answer_text(result.error_code, result.error_message)};
    return verdicts;
}

}  // namespace

int update_features(Client& client, std::string_view action, const Options& options) {
    const bool dry_run = options.has("dry-run"), disable = action == "disable";
    const UpgradeType type = action == "upgrade"     ? UpgradeType::upgrade
                             : options.has("unsafe") ? UpgradeType::unsafe_downgrade
                                                     : UpgradeType::safe_downgrade;
    const Levels levels = wanted_levels(action, options, type);
    if (levels.empty()) refuse(fmt::format("You must specify at least one feature to {}", action));
    check(levels, type);
    size_t failed = 0;
    for (const auto& [name, verdict] : ask(client, levels, type, dry_run)) {
        const std::string to = fmt::format(" to {}", levels.at(name));
        if (verdict.code == ErrorCode::none) {
            fmt::print("{} {} {}d{}.\n", name, dry_run ? "can be" : "was", action,
                       disable ? "" : to);
            continue;
        }
        ++failed;
        fmt::print("{} not {} {}{}. {}\n", dry_run ? "Can" : "Could", action, name,
                   disable ? "" : to, verdict.text);
    }
    if (failed > 0) refuse(fmt::format("{} out of {} operation(s) failed.", failed, levels.size()));
    return 0;
}

}  // namespace barnabas::cli
