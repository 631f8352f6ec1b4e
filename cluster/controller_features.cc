// SPDX-License-Identifier: Apache-2.0
// UpdateFeatures (KIP-584): levels of features, all of a request or none. Pure.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/controller_support.h"
#include "cluster/features.h"

namespace barnabas::cluster {

namespace {

using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using Update = UpdateFeaturesRequest::FeatureUpdateKey;

constexpr int8_t upgrade = 1;
constexpr int8_t safe_downgrade = 2;
constexpr int8_t unsafe_downgrade = 3;
constexpr std::string_view metadata_version_name = "metadata.version";
// Its level is the metadata log's own and no record of the metadata.
constexpr std::string_view log_feature = "kraft.version";
// Before v2 each feature has an answer of its own.
constexpr int16_t first_without_results = 2;

std::string refuse_downgrade_of_metadata(int16_t from, int16_t to, int8_t type) {
    const auto what =
        fmt::format("Unsupported {} downgrade from {} to {}. ", metadata_version_name, from, to);
    if (type == unsafe_downgrade)
        return what + "Unsafe metadata downgrade is not supported in this version.";
    return what +
           "Refusing to perform the requested downgrade because it might delete metadata "
           "information.";
}

// Empty: it may be done.
std::string why_not(const DecideContext& context, const Update& update, int8_t type) {
    const int16_t to = update.max_version_level;
    const auto invalid = [&](std::string_view why) {
        return fmt::format("Invalid update version {} for feature {}. {}", to,
                           update.feature.view(), why);
    };
    if (type != upgrade && type != safe_downgrade && type != unsafe_downgrade)
        return invalid("The controller does not support the given upgrade type.");
    const auto* known =
        std::ranges::find(supported_features, update.feature.view(), &SupportedFeature::name);
    const int32_t node = context.settings.node_id.value;
    if (to < 0) return invalid("A feature version cannot be less than 0.");
    if (known == supported_features.end() && to == 0)
        return invalid(fmt::format("Feature {} not found.", update.feature.view()));
    if (known == supported_features.end())
        return invalid(fmt::format("Local controller {} does not support this feature.", node));
    if (to < known->min || to > known->max)
        return invalid(fmt::format("Local controller {} only supports versions {}-{}", node,
                                   known->min, known->max));
    const int16_t from = context.image.feature_level(known->name);
    if (to >= from) return {};
    if (type == upgrade)
        return invalid(
            "Can't downgrade the version of this feature without setting the upgrade type to "
            "either safe or unsafe downgrade.");
    if (known->name == metadata_version_name) return refuse_downgrade_of_metadata(from, to, type);
    if (known->name == log_feature) return invalid("This feature cannot be downgraded.");
    return {};
}

}  // namespace

Decision<UpdateFeaturesResponse> decide_update_features(const DecideContext& context,
                                                        const UpdateFeaturesRequest& request,
                                                        int16_t version) {
    Decision<UpdateFeaturesResponse> decision;
    UpdateFeaturesResponse& response = decision.response;
    response.error_message.reset();
    for (const Update& update : request.feature_updates) {
        const int8_t type =
            version > 0 ? update.upgrade_type : (update.allow_downgrade ? safe_downgrade : upgrade);
        const std::string problem = why_not(context, update, type);
        if (!problem.empty()) {
            decision.records.clear();
            response.results.clear();
            response.error_code = ErrorCode::invalid_update_version;
            response.error_message = Text(fmt::format(
                "The update failed for all features since the following feature had an error: {}",
                problem));
            return decision;
        }
        if (version < first_without_results) {
            auto& result = response.results.emplace_back();
            result.feature = Text(update.feature.view());
            result.error_message = "NONE";
        }
        const bool recorded = update.feature.view() != log_feature;
        if (!recorded || context.image.feature_level(update.feature) == update.max_version_level)
            continue;
        protocol::FeatureLevelRecord record;
        record.name = Text(update.feature.view());
        record.feature_level = update.max_version_level;
        decision.records.emplace_back(std::move(record));
    }
    if (request.validate_only) decision.records.clear();
    return decision;
}

}  // namespace barnabas::cluster
