// SPDX-License-Identifier: Apache-2.0
// See version_output.h.
#include "cli/tools/version_output.h"

#include <fmt/format.h>

#include <algorithm>

namespace barnabas::cli {

namespace {

// Only between brokers and controllers, or on a controller's listener.
constexpr int16_t cluster_apis[] = {4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82};

std::string range(int16_t min, int16_t max) {
    return min == max ? fmt::format("{}", min) : fmt::format("{} to {}", min, max);
}

// The highest version of both sides, -1 if there is none.
int16_t usable(const KnownApi& api, const VersionRange& theirs) {
    const int16_t highest = std::min(api.max, theirs.max);
    return highest < std::max(api.min, theirs.min) ? int16_t{-1} : highest;
}

}  // namespace

bool is_client_api(int16_t key) {
    return std::ranges::find(cluster_apis, key) == std::end(cluster_apis);
}

std::string api_name(std::string_view message) {
    if (message.ends_with("Request")) message.remove_suffix(7);
    return std::string(message);
}

std::string describe_versions(std::string_view node, const std::vector<KnownApi>& apis,
                              const ApiRanges& ranges) {
    std::vector<std::string> lines;
    for (const auto& api : apis) {
        const auto found = ranges.find(api.key);
        if (found == ranges.end()) {
            lines.push_back(fmt::format("\t{}({}): UNSUPPORTED", api.name, api.key));
            continue;
        }
        const int16_t version = usable(api, found->second);
        lines.push_back(fmt::format("\t{}({}): {} [{}]", api.name, api.key,
                                    range(found->second.min, found->second.max),
                                    version < 0 ? "unusable: node too new or too old"
                                                : fmt::format("usable: {}", version)));
    }
    for (const auto& [key, theirs] : ranges)
        if (std::ranges::find(apis, key, &KnownApi::key) == apis.end())
            lines.push_back(fmt::format("\tUNKNOWN({}): {}", key, range(theirs.min, theirs.max)));
    std::string text = fmt::format("{} -> (\n", node);
    for (size_t i = 0; i < lines.size(); ++i)
        text += lines[i] + (i + 1 < lines.size() ? ",\n" : "\n");
    return text + ")\n";
}

void add_version_rows(Table& table, int32_t broker, const std::vector<KnownApi>& apis,
                      const ApiRanges& ranges) {
    for (const auto& api : apis) {
        const auto found = ranges.find(api.key);
        if (found == ranges.end()) continue;
        const int16_t version = usable(api, found->second);
        table.rows.push_back({std::to_string(broker), std::to_string(api.key), api.name,
                              std::to_string(found->second.min), std::to_string(found->second.max),
                              version < 0 ? "-" : std::to_string(version)});
    }
}

}  // namespace barnabas::cli
