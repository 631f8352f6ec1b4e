// SPDX-License-Identifier: Apache-2.0
// What kafka-configs reads and prints, from values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/messages/describe_configs.h"

namespace barnabas::cli {

struct ConfigText {
    std::string name, value;
    int8_t source = -1;
    bool sensitive = false;
    std::vector<std::string> synonyms;  // "DEFAULT_CONFIG:key=value"
};

ConfigText config_text(
    const protocol::describe_configs_response_types::DescribeConfigsResourceResult& config);

// `one`: "topic"; an empty name: the default of all brokers. Without `all`, only what was set for
// this entity itself.
std::string describe_configs(std::string_view one, const std::string& name,
                             std::vector<ConfigText> configs, bool all);

// "a=1,b=[x,y],c=" -> pairs. Throws Failure for an item without "=".
std::vector<std::pair<std::string, std::string>> parse_changes(std::string_view text);

}  // namespace barnabas::cli
