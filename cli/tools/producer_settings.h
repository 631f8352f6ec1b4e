// SPDX-License-Identifier: Apache-2.0
// What acknowledges a record and how its batch is compressed, from a producer's settings.
#pragma once

#include "cli/client/producer.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

// "all", "1" or "0". Throws UsageFailure, as the others do.
int16_t parse_acks(const std::string& text);
// "none", "gzip", ...
protocol::Codec parse_codec(const std::string& text);
// acks and compression.type; the others' defaults.
ProducerSettings producer_settings(const Settings& settings);

}  // namespace barnabas::cli
