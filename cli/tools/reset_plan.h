// SPDX-License-Identifier: Apache-2.0
// Where kafka-consumer-groups --reset-offsets moves a group to: the rule that the command line
// names and the offset it gives for a partition.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cli/client/offsets.h"
#include "cli/options.h"

namespace barnabas::cli {

enum class ResetTo { earliest, latest, current, offset, shift, time, file };
// group -> partition -> offset
using ResetFile = std::map<std::string, std::map<PartitionName, int64_t>>;
struct ResetRule {
    ResetTo to = ResetTo::latest;
    int64_t number = 0;  // the offset, the distance, or milliseconds since 1970
    ResetFile file;
};

// Throws UsageFailure unless exactly one rule is given. `now_ms` is what --by-duration counts from.
ResetRule parse_reset_rule(const Options& options, int64_t now_ms);

// Lines of "topic,partition,offset", which are `group`'s, or of "group,topic,partition,offset";
// which of them the first line tells. Texts may be in quotes. Throws Failure for other lines.
ResetFile parse_reset_file(std::string_view text, const std::optional<std::string>& group);

// "2023-11-14T22:13:40.000", with or without milliseconds and with "Z" or "+01:00" behind it, as
// milliseconds since 1970 (UTC if nothing else is said). nullopt for what is none.
std::optional<int64_t> parse_date_time(std::string_view text);
// "P1DT2H30M5.5S" in milliseconds.
std::optional<int64_t> parse_duration(std::string_view text);

// The offset inside of what there is.
int64_t keep_between(int64_t offset, int64_t earliest, int64_t latest);

}  // namespace barnabas::cli
