// SPDX-License-Identifier: Apache-2.0
// The table of APIs: which requests this broker answers, in which versions, by which handler.
// Dispatch, the ApiVersions answer and docs/COMPATIBILITY.md all come from it.
#pragma once

#include <iosfwd>
#include <span>

#include "broker/server/api_entry.h"

namespace barnabas::broker {

// Sorted by key.
std::span<const ApiEntry> broker_apis();

// Answered, but not told to clients (as by an Apache Kafka without a metrics plugin): they would
// push metrics that nobody receives.
constexpr bool is_advertised(protocol::ApiKey key) {
    return key != protocol::ApiKey::get_telemetry_subscriptions &&
           key != protocol::ApiKey::push_telemetry;
}

// The table as Markdown, with the APIs of Kafka that are not answered yet.
void print_api_table(std::ostream& out);

}  // namespace barnabas::broker
