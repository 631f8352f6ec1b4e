// SPDX-License-Identifier: Apache-2.0
// The files of a partition's directory as start-up finds them. tidy_directory() finishes or undoes
// what a crash interrupted (pitfall L21) and removes what belongs to nothing. Runs on the lane,
// before any segment is opened.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "base/ids.h"
#include "storage/file_names.h"

namespace barnabas::storage {

struct LogFiles {
    std::vector<Offset> segments;   // base offsets of .log files, ascending
    std::vector<Offset> snapshots;  // offsets of .snapshot files, ascending
};

// Removes `.deleted` and `.cleaned` files; completes a replacement whose `.swap` files are all
// there and drops any other; removes indexes without a segment. Doing it again after a crash in the
// middle gives the same result.
Result<LogFiles> tidy_directory(Disk& disk, const std::string& directory);

// Removes the segment's files; those that are not there are no error (pitfall L14).
Result<void> remove_segment_files(Disk& disk, const std::string& directory, Offset base);
Result<void> remove_if_present(Disk& disk, const std::string& path);

}  // namespace barnabas::storage
