// SPDX-License-Identifier: Apache-2.0
// PosixDisk: the file system of the machine, by plain system calls that block. Stateless: one
// serves the whole process, from any thread. Never retries a failed fsync, never hides a short
// write.
#pragma once

#include <memory>

#include "base/asio/late_closer.h"
#include "base/disk.h"

namespace barnabas {

class PosixDisk final : public Disk {
  public:
    Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
    Result<void> make_directories(const std::string& path) override;
    Result<void> remove(const std::string& path) override;
    Result<void> remove_tree(const std::string& path) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override;
    Result<uint64_t> free_bytes(const std::string& path) override;
    Result<uint64_t> total_bytes(const std::string& path) override;

  private:
    std::shared_ptr<LateCloser> closer_ = std::make_shared<LateCloser>();
};

}  // namespace barnabas
