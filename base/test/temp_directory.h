// SPDX-License-Identifier: Apache-2.0
// TempDirectory: a directory of the real file system for one test, removed with all in it at the
// end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/assert.h"

namespace barnabas {

class TempDirectory {
  public:
    TempDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "barnabas-XXXXXX").string();
        ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace barnabas
