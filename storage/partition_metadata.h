// SPDX-License-Identifier: Apache-2.0
// partition.metadata: tells which topic (by id) a partition's directory belongs to, so that the
// directory of a deleted and re-created topic is not taken for the new one (pitfall L24).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/uuid.h"

namespace barnabas::storage {

std::string format_partition_metadata(const Uuid& topic_id);
// Fails with corrupt_message for anything but a whole version 0 file.
Result<Uuid> parse_partition_metadata(std::string_view text);
// nullopt if `directory` has no such file; corrupt_message if it cannot be understood. Blocks.
Result<std::optional<Uuid>> read_partition_metadata(Disk& disk, const std::string& directory);
// After a crash the file is whole or not there; durable once the directory is synced. Blocks.
Result<void> write_partition_metadata(Disk& disk, const std::string& directory,
                                      const Uuid& topic_id);

}  // namespace barnabas::storage
