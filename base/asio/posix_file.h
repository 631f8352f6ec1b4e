// SPDX-License-Identifier: Apache-2.0
// PosixFile: one open file. Reads, writes and syncs by position, so that threads may share it; who
// may write when is the caller's order (a log belongs to one lane).
#pragma once

#include <memory>
#include <utility>

#include "base/asio/late_closer.h"
#include "base/disk.h"

namespace barnabas {

// The error of a failed system call: kafka_storage_error with `errno_value`.
std::unexpected<Error> disk_error(const char* where, int errno_value);

class PosixFile final : public File {
  public:
    // `closer` closes what would take long.
    PosixFile(int descriptor, std::shared_ptr<LateCloser> closer)
        : descriptor_(descriptor), closer_(std::move(closer)) {}
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;
    ~PosixFile() override;

    Result<size_t> read_at(uint64_t position, MutableBytes into, ReadMode mode) const override;
    Result<void> write_at(uint64_t position, std::span<const Bytes> parts) override;
    Result<void> sync() override;
    Result<uint64_t> size() const override;
    Result<void> truncate(uint64_t size) override;
    Result<void> preallocate(uint64_t size) override;
    bool is_cached(uint64_t position, uint64_t size) const override;
    void read_ahead(uint64_t position, uint64_t size) const override;
    int native_handle() const override { return descriptor_; }

  private:
    int descriptor_;
    std::shared_ptr<LateCloser> closer_;
};

}  // namespace barnabas
