// SPDX-License-Identifier: Apache-2.0
// OffsetMap: the newest offset of each key that compaction has seen, in a fixed amount of memory:
// 24 bytes a slot, open addressing, keys as 128-bit hashes. Belongs to one cleaning; never looks at
// a log.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "storage/key_hash.h"

namespace barnabas::storage {

class OffsetMap {
  public:
    // Holds `load_factor` times as many keys as slots fit into `bytes_max`; less memory is taken if
    // no more than `keys_expected` can come.
    OffsetMap(uint64_t bytes_max, double load_factor, uint64_t keys_expected, HashSecret secret);

    // True if `keys` more are sure to fit.
    bool has_room(size_t keys) const { return keys_ + keys <= keys_max_; }
    // Makes room beyond the bound, for a first batch that has more keys than the bound allows
    // (pitfall K11): without it compaction would never get on.
    void reserve(size_t keys);
    // Notes `offset` unless a larger one is known. There must be room.
    void put(Bytes key, Offset offset);
    // The newest offset of the key, or offset_none.
    Offset find(Bytes key) const;

    size_t keys() const { return keys_; }
    size_t keys_max() const { return keys_max_; }
    uint64_t memory() const { return slots_.size() * sizeof(Slot); }

  private:
    struct Slot {
        KeyHash hash;
        int64_t next_offset = 0;  // 0: free
    };
    static_assert(sizeof(Slot) == 24);

    size_t slot_of(const KeyHash& hash) const;

    const double load_factor_;
    const HashSecret secret_;
    std::vector<Slot> slots_;
    size_t keys_ = 0;
    size_t keys_max_ = 0;
};

}  // namespace barnabas::storage
