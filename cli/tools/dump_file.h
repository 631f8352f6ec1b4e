// SPDX-License-Identifier: Apache-2.0
// A file of a partition's directory, opened for kafka-dump-log: batches at positions, all bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "protocol/record_batch.h"

namespace barnabas::cli {

class DumpFile {
  public:
    // Throws Failure for a file that is not there or whose name has no base offset where
    // `base_needed`.
    explicit DumpFile(std::string path, bool base_needed = true);

    const std::string& path() const { return path_; }
    std::string absolute() const;
    int64_t base() const { return base_; }
    uint64_t size() const { return size_; }
    const File& file() const { return *file_; }
    // The file of another kind of the same segment.
    std::string sibling(std::string_view extension) const;

    // All of `into`, from `position`.
    void read(uint64_t position, MutableBytes into) const;
    std::vector<uint8_t> read_everything() const;
    // The batch that begins there, in `bytes`; nullopt where no whole one does.
    std::optional<protocol::BatchView> batch_at(uint64_t position,
                                                std::vector<uint8_t>& bytes) const;
    [[noreturn]] void refuse(std::string_view why) const;

  private:
    std::string path_;
    std::shared_ptr<const File> file_;
    int64_t base_ = 0;
    uint64_t size_ = 0;
};

}  // namespace barnabas::cli
