// SPDX-License-Identifier: Apache-2.0
// The feature levels of Apache Kafka 4.3, which of them come with a release, and what they need:
// a table, from which kafka-features and kafka-storage answer without a broker. What a broker
// supports and has finalized is its own to tell.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace barnabas::cli {

struct Feature {
    std::string_view name;
    int16_t newest = 0;
    // The metadata.version by which its level 1 and its newest level come.
    int16_t first_by = 0, newest_by = 0;
    // The metadata.version without which it cannot be raised above 0; 0: any will do.
    int16_t needs_metadata_version = 0;

    // What a cluster of that metadata.version has.
    int16_t level_at(int16_t metadata_version) const;
};

// All but metadata.version, in the order in which Kafka's tools print them.
std::span<const Feature> features();
const Feature* find_feature(std::string_view name);

inline constexpr std::string_view metadata_feature = "metadata.version";
inline constexpr int16_t metadata_version_min = 7, metadata_version_max = 30;
// "4.3-IV0" for 30. nullopt for levels that 4.3 does not know.
std::optional<std::string> metadata_version_name(int16_t level);
// 30 for "4.3-IV0", "4.3" and "4.3.1": a release is its last version.
std::optional<int16_t> metadata_version_of(std::string_view release);
// The same. Throws Failure, which names those that there are.
int16_t known_release(const std::string& release);

// A level as people read it: metadata.version has names.
std::string level_text(std::string_view feature, int16_t level);

struct FeatureAndLevel {
    std::string name;
    int16_t level = 0;
};
// "share.version=1". Throws Failure for what is none.
FeatureAndLevel parse_feature(std::string_view text);

// What kafka-features and kafka-storage print for version-mapping and feature-dependencies.
// Throws Failure for a release, a feature or a level that 4.3 does not know.
std::string version_mapping(const std::optional<std::string>& release);
std::string feature_dependencies(std::span<const std::string> features);

}  // namespace barnabas::cli
