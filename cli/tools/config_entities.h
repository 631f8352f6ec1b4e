// SPDX-License-Identifier: Apache-2.0
// Which entities a command line of kafka-configs is about. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace barnabas::cli {

// --entity-type users --entity-name a --entity-type clients, or --client and --user: types and
// names in Kafka's order; fewer names than types where all of a kind are meant. An empty name is
// the default of the kind.
struct ConfigEntities {
    std::vector<std::string> types;
    std::vector<std::string> names;

    bool has_type(std::string_view type) const;
    bool has_name() const;
    bool has_default() const;
};

// Throws UsageFailure for what Kafka's tool refuses before it asks a broker.
ConfigEntities config_entities(const Options& options);

// "topic" of "topics".
std::string_view singular(std::string_view type);

}  // namespace barnabas::cli
