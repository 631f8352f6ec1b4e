// SPDX-License-Identifier: Apache-2.0
// Which errors of the disk end a log directory, and how an Error reads in a log line.
#pragma once

#include <string>

#include "base/result.h"

namespace barnabas::storage {

// True if the device or the file system is broken (EIO, EROFS, ...): the whole directory goes
// offline. False for what passes or concerns one file: no space, no descriptor, a file that is not
// there.
bool is_disk_failure(const Error& error);

// "where: No space left on device".
std::string describe(const Error& error);

}  // namespace barnabas::storage
