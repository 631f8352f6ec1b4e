// SPDX-License-Identifier: Apache-2.0
// SimFile: an open file of a SimDisk, which decides what fails. Dead after the disk's crash().
#pragma once

#include <memory>
#include <string>

#include "base/sim/sim_disk.h"

namespace barnabas {

class SimFile final : public File {
  public:
    SimFile(SimDisk& disk, std::shared_ptr<SimInode> inode, std::string path, bool writable);

    Result<size_t> read_at(uint64_t position, MutableBytes into, ReadMode mode) const override;
    Result<void> write_at(uint64_t position, std::span<const Bytes> parts) override;
    Result<void> sync() override;
    Result<uint64_t> size() const override;
    Result<void> truncate(uint64_t size) override;
    Result<void> preallocate(uint64_t size) override;
    bool is_cached(uint64_t position, uint64_t size) const override;
    void read_ahead(uint64_t position, uint64_t size) const override;
    int native_handle() const override { return -1; }

  private:
    // Begins an operation; gives the errno if it is to fail.
    SimDisk::Verdict begin(DiskOp op, uint64_t position = 0, uint64_t size = 0) const;

    SimDisk& disk_;
    std::shared_ptr<SimInode> inode_;
    std::string path_;
    uint64_t generation_;
    bool writable_;
};

// The error of a failed operation, as a real disk gives it.
std::unexpected<Error> sim_disk_error(DiskOp op, int errno_value);

}  // namespace barnabas
