// SPDX-License-Identifier: Apache-2.0
// FileRange: a part of a file that a response refers to instead of copying it. A header of its own,
// so that wire structs can hold one without knowing what a Disk is.
#pragma once

#include <cstdint>
#include <memory>

namespace barnabas {

class File;

// Holds the file open.
struct FileRange {
    std::shared_ptr<const File> file;
    uint64_t position = 0;
    uint64_t size = 0;
};

}  // namespace barnabas
