// SPDX-License-Identifier: Apache-2.0
// What a container's environment asks of a broker, as the images apache/kafka, cp-kafka and
// bitnami/kafka understand it: variables win over a mounted file, which wins over settings that
// make a working single node. A pure function: reads neither the process's environment nor files.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "broker/start_options.h"

namespace barnabas::broker {

using Variables = std::map<std::string, std::string>;

struct ContainerConfig {
    std::map<std::string, std::string> properties;
    // CLUSTER_ID; for log directories that belong to no cluster yet.
    std::string cluster_id;
    std::vector<InitialTopic> topics;
    // Variables that mean nothing here, a line for each kind of them.
    std::vector<std::string> warnings;
};

// "ADVERTISED_LISTENERS" -> "advertised.listeners": '_' is '.', "__" is '_', "___" is '-', letters
// become small (KIP-975).
std::string property_of_variable(std::string_view name_after_prefix);

// Merges (never replaces) the variables over `file` over the defaults of the image. invalid_config
// if a variable cannot be understood: then `error` names it, its value and what is allowed. Values
// of properties are checked by make_broker_config, not here.
Result<ContainerConfig> make_container_config(const Variables& variables,
                                              const std::map<std::string, std::string>& file,
                                              std::string& error);

}  // namespace barnabas::broker
