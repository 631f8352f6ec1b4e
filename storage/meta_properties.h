// SPDX-License-Identifier: Apache-2.0
// meta.properties (version 1): which cluster, node and directory a log directory belongs to.
// Written once, when the directory is formatted; checked at every start.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/ids.h"
#include "base/uuid.h"

namespace barnabas::storage {

struct MetaProperties {
    std::string cluster_id;
    BrokerId node_id;
    // Zero in a file that was written before directories had ids (Kafka 3.6 and older).
    Uuid directory_id;
    friend bool operator==(const MetaProperties&, const MetaProperties&) = default;
};

// The keys and values of a file in Java's properties syntax: comments, escapes, continued lines.
std::map<std::string, std::string> parse_properties(std::string_view text);

std::string format_meta_properties(const MetaProperties& properties);
// Fails with corrupt_message; `where` says which key is missing or wrong.
Result<MetaProperties> parse_meta_properties(std::string_view text);
// nullopt if the directory has no such file: it is not formatted. Blocks.
Result<std::optional<MetaProperties>> read_meta_properties(Disk& disk,
                                                           const std::string& directory);
// Atomic and durable when it returns. Blocks.
Result<void> write_meta_properties(Disk& disk, const std::string& directory,
                                   const MetaProperties& properties);

}  // namespace barnabas::storage
