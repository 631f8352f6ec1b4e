// SPDX-License-Identifier: Apache-2.0
// SimDisk: a file system in memory, for tests, that fails on purpose. It knows what was synced and
// what was not; crash() loses or tears the rest, as a loss of power would. Every fault is planned
// or drawn from a seed, so that a run repeats exactly. One thread uses it; it outlives the files
// opened on it.
//
// To try every crash point of some work:
//     count: run the work once, take disk.operations();
//     for each k: a new disk; disk.crash_at(k); the work (which fails from there on);
//     disk.crash(seed); recover and check. Or take clone()s in an on_operation() hook and crash
//     those.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"
#include "base/sim/sim_inode.h"
#include "base/sim/sim_tree.h"
#include "base/sim/trace.h"

namespace barnabas {

// The kinds of operations. From `create` on they change the disk: those are numbered for
// crash_at().
enum class DiskOp : uint8_t {
    open,
    read,
    size,
    exists,
    list,
    free_bytes,
    create,  // a file that open() makes
    write,
    sync,
    truncate,
    preallocate,
    make_directory,
    remove,
    rename,
    sync_directory,
    lock,
};
inline constexpr size_t disk_op_count = static_cast<size_t>(DiskOp::lock) + 1;
const char* disk_op_name(DiskOp op);

struct DiskFault {
    DiskOp op = DiskOp::write;
    // Operations of this kind that still succeed before the fault.
    uint64_t after = 0;
    int error = 5;  // EIO
    // Every later one fails too, until clear_faults().
    bool sticky = false;
    // Only where the path contains this; empty: anywhere.
    std::string path_contains = {};
    // write: so many bytes are written before it fails (a short write, then the error).
    uint64_t written_before = 0;
    // Not 0: drawn, one in so many operations fails (a write after a drawn part); `after` is
    // ignored.
    uint64_t one_in = 0;
};

// An operation about to be performed.
struct DiskOperation {
    uint64_t index = 0;  // among those that change the disk, since the last crash()
    DiskOp op = DiskOp::open;
    std::string path;
    uint64_t position = 0;
    uint64_t size = 0;
};

class SimDisk final : public Disk {
  public:
    explicit SimDisk(uint64_t seed = 1);
    SimDisk& operator=(const SimDisk&) = delete;
    ~SimDisk() override;

    // Faults.
    void fail(DiskFault fault) { faults_.push_back(std::move(fault)); }
    void clear_faults() { faults_.clear(); }
    // From now on the n-th operation that changes the disk (0: the next) and all after it fail with
    // EIO and change nothing, reads too; until crash().
    void crash_at(uint64_t n) { crash_at_ = operations_ + n; }
    bool has_crashed() const { return crashed_; }
    // Loss of power: see CrashStyle. Open files and locks are dead from then on, planned faults
    // gone, operations() starts at 0.
    void crash(uint64_t seed, CrashStyle style = CrashStyle::any);
    // Bytes the device holds, in pages of 4 KiB; writes beyond fail with ENOSPC after a part.
    void set_capacity(uint64_t bytes) { capacity_ = bytes; }
    // Flips a bit in the file as read from now on, and on the device.
    void flip_bit(const std::string& path, uint64_t position, unsigned bit);
    // Every page leaves the page cache: cached_only reads fail until a blocking read or read_ahead
    // brought the page back. What a failed sync lost is now gone for readers too.
    void drop_caches();
    // cached_only reads fail whatever is cached, and nothing is ever cached.
    void set_never_cached(bool never) { never_cached_ = never; }

    // Observation.
    uint64_t operations() const { return operations_; }
    uint64_t count(DiskOp op) const { return counts_[static_cast<size_t>(op)]; }
    // Called before each operation that changes the disk and is going to be performed.
    using Hook = std::function<void(const DiskOperation&)>;
    void on_operation(Hook hook) { hook_ = std::move(hook); }
    uint64_t trace_hash() const { return trace_.hash(); }
    // A disk of its own with the same state, synced and not; without faults, hooks and open files.
    std::unique_ptr<SimDisk> clone() const;
    // Bytes of unsynced writes (and truncations, as 1) of the file; 0 if all is durable.
    uint64_t unsynced_bytes(const std::string& path) const;
    // All paths with the bytes of files, as reads see them: for comparing whole disks.
    std::vector<std::pair<std::string, std::vector<uint8_t>>> contents() const;

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
    friend class SimFile;
    struct Locks;
    class Lock;
    struct Verdict {
        int error = 0;
        uint64_t written_before = 0;
    };

    SimDisk(const SimDisk& other);
    // Counts the operation and says whether it is to fail.
    Verdict begin(DiskOp op, const std::string& path, uint64_t position = 0, uint64_t size = 0);
    // Takes the first planned fault that is due, if any.
    Verdict planned_fault(const DiskOperation& operation);
    uint64_t used_bytes() const;
    // How many of `size` bytes at `position` the device can still take.
    uint64_t room_for(const SimInode& inode, uint64_t position, uint64_t size) const;
    Result<void> remove_one(const std::string& path);

    SimTree tree_;
    Random random_;
    Trace trace_;
    std::vector<DiskFault> faults_;
    std::array<uint64_t, disk_op_count> counts_{};
    Hook hook_;
    std::shared_ptr<Locks> locks_;
    std::optional<uint64_t> capacity_;
    std::optional<uint64_t> crash_at_;
    uint64_t operations_ = 0;
    uint64_t generation_ = 0;
    bool crashed_ = false;
    bool never_cached_ = false;
};

}  // namespace barnabas
