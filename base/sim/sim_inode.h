// SPDX-License-Identifier: Apache-2.0
// SimInode: a simulated file or directory: what reads see now, what is certain to survive a loss of
// power, and what was written in between. SimDisk owns them; nothing else touches them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sim/sparse_bytes.h"

namespace barnabas {

// What a loss of power leaves of what was not synced.
enum class CrashStyle {
    any,       // drawn anew for each file and for the directories
    lose_all,  // nothing
    keep_all,  // everything: the process was killed, the machine went on
    prefix,    // the first operations; the next one is torn
    scatter,   // each operation for itself: kept, lost, or torn into 512-byte sectors
};

// The style itself, or one of the others if it is `any`.
CrashStyle pick_style(CrashStyle style, Random& random);

struct SimInode {
    uint64_t id = 0;
    bool is_directory = false;

    // File: a write, or a truncation to `position` if `truncates`.
    struct Unsynced {
        uint64_t position = 0;
        std::vector<uint8_t> bytes;
        bool truncates = false;
    };
    SparseBytes content;
    SparseBytes durable;
    std::vector<Unsynced> unsynced;
    // Bytes that preallocate() holds on the device.
    uint64_t reserved = 0;
    // Pages that reads find in the page cache; nullopt: all.
    std::optional<std::set<uint64_t>> warm;

    // Directory.
    using Entries = std::map<std::string, std::shared_ptr<SimInode>>;
    Entries entries;
    Entries durable_entries;

    void write(uint64_t position, Bytes bytes);
    void truncate(uint64_t size);
    void sync();
    // A failed fsync: the kernel forgets that the pages were dirty, so that they read well until
    // they leave the cache and no later fsync writes them (L11).
    void lose_unsynced() { unsynced.clear(); }
    // Reads see what the device has, plus what may still be synced.
    void reread_device();
    void flip_bit(uint64_t position, unsigned bit);
    void crash(CrashStyle style, Random& random);

    uint64_t device_bytes() const;
    bool is_warm(uint64_t position, uint64_t size) const;
    void set_warm(uint64_t position, uint64_t size);

  private:
    void make_durable(const Unsynced& operation);
    void make_torn(const Unsynced& operation, Random& random);
};

}  // namespace barnabas
