// SPDX-License-Identifier: Apache-2.0
// What kafka-broker-api-versions prints, from values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/client/connection.h"
#include "cli/table.h"
#include "protocol/registry.h"

namespace barnabas::cli {

struct KnownApi {
    int16_t key = 0;
    std::string name;
    int16_t min = 0, max = 0;  // what a Java client of 4.3 has
};

// Kafka's tool lists the APIs that a broker's listener may have, whether this one has them or not.
bool is_client_api(int16_t key);
// "ListOffsetsRequest" -> "ListOffsets"
std::string api_name(std::string_view message);
std::string describe_versions(std::string_view node, const std::vector<KnownApi>& apis,
                              const ApiRanges& ranges);
void add_version_rows(Table& table, int32_t broker, const std::vector<KnownApi>& apis,
                      const ApiRanges& ranges);

}  // namespace barnabas::cli
