// SPDX-License-Identifier: Apache-2.0
// .kafka_cleanshutdown: its presence says that the previous process closed every log of the
// directory, so that none needs a scan. Taken away (durably) before the first write, written last
// (pitfall L07).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"

namespace barnabas::storage {

inline constexpr const char* clean_shutdown_file = ".kafka_cleanshutdown";

struct CleanShutdown {
    // The epoch under which the process was registered, which a later registration repeats
    // (KIP-966); -1 if it had none or the file does not tell.
    int64_t broker_epoch = -1;
};

std::string format_clean_shutdown(const CleanShutdown& marker);
// Never fails: whatever the content, the file's presence is what counts.
CleanShutdown parse_clean_shutdown(std::string_view text);

// nullopt if the marker is missing. Blocks, like the following two.
Result<std::optional<CleanShutdown>> read_clean_shutdown(Disk& disk, const std::string& directory);
// Durable when it returns; a missing marker is fine.
Result<void> remove_clean_shutdown(Disk& disk, const std::string& directory);
Result<void> write_clean_shutdown(Disk& disk, const std::string& directory,
                                  const CleanShutdown& marker);

}  // namespace barnabas::storage
