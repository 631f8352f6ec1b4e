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

// The table as Markdown, with the APIs of Kafka that are not answered yet.
void print_api_table(std::ostream& out);

}  // namespace barnabas::broker
