// SPDX-License-Identifier: Apache-2.0
// Disk and File: every file operation of the project goes through these two, so that a simulated
// disk (base/sim/sim_disk.h) can tear, lose and fail writes. All calls may block: run them on a
// Lane, except reads with ReadMode::cached_only, which never wait for a device. Errors carry
// ErrorCode::kafka_storage_error and the errno.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file_range.h"
#include "base/result.h"

namespace barnabas {

enum class OpenMode {
    read,              // must exist
    read_write,        // must exist
    create_or_open,    // read-write, created if missing
    create_exclusive,  // read-write, must not exist
};
enum class ReadMode { blocking, cached_only };

class File {
  public:
    virtual ~File() = default;
    // Reads until `into` is full or the file ends; gives the count read. With cached_only, fails
    // with os_error EAGAIN when any part is not in the page cache.
    virtual Result<size_t> read_at(uint64_t position, MutableBytes into,
                                   ReadMode mode = ReadMode::blocking) const = 0;
    // Writes all parts one after another from `position`, or fails; after a failure the range's
    // content is unknown and the caller truncates back (pitfall L12).
    virtual Result<void> write_at(uint64_t position, std::span<const Bytes> parts) = 0;
    // fdatasync. A failure is final: never retried (pitfall L11).
    virtual Result<void> sync() = 0;
    virtual Result<uint64_t> size() const = 0;
    virtual Result<void> truncate(uint64_t size) = 0;
    // Reserves blocks without changing the size; may do nothing.
    virtual Result<void> preallocate(uint64_t size) = 0;
    // True if the range can be read without waiting for a device, as far as a cheap probe tells.
    virtual bool is_cached(uint64_t position, uint64_t size) const = 0;
    // Brings the range into the page cache (blocking).
    virtual void read_ahead(uint64_t position, uint64_t size) const = 0;
    // The descriptor for sendfile, or -1 where there is none (simulation).
    virtual int native_handle() const = 0;
};

// Held while this process owns a directory; released on destruction.
class DirectoryLock {
  public:
    virtual ~DirectoryLock() = default;
};

struct DirectoryEntry {
    std::string name;
    bool is_directory = false;
};

class Disk {
  public:
    virtual ~Disk() = default;
    virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    // Entries sorted by name, without "." and "..".
    virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
    // Creates parents as needed; an existing directory is fine.
    virtual Result<void> make_directories(const std::string& path) = 0;
    // A file; a missing one is ENOENT.
    virtual Result<void> remove(const std::string& path) = 0;
    // A file or a directory with all in it; a missing one is fine.
    virtual Result<void> remove_tree(const std::string& path) = 0;
    // Replaces an existing file `to`.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    // fsync of a directory: makes creations, renames and removals in it durable.
    virtual Result<void> sync_directory(const std::string& path) = 0;
    // flock on `path` (created if missing); fails with os_error EWOULDBLOCK if another process has
    // it.
    virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) = 0;
    // Of the file system that holds `path`: what this process may still write, and its whole size.
    virtual Result<uint64_t> free_bytes(const std::string& path) = 0;
    virtual Result<uint64_t> total_bytes(const std::string& path) = 0;

    // The whole content of a file of at most `size_max` bytes.
    Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t size_max);
    // Replaces `path` so that after a crash either the old or the new content is there: writes
    // `path`.tmp, fsyncs it, renames, fsyncs the directory (pitfall L15).
    Result<void> replace_file(const std::string& path, Bytes content);
};

}  // namespace barnabas
