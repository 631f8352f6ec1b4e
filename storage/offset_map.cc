// SPDX-License-Identifier: Apache-2.0
// A hash table with linear probing; see the header.
#include "storage/offset_map.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

// Even the smallest buffer must hold something, and a probe must always end.
constexpr uint64_t slots_min = 16;
constexpr double load_factor_max = 0.95;

size_t keys_of(size_t slots, double load_factor) {
    const auto keys = static_cast<size_t>(static_cast<double>(slots) * load_factor);
    return std::clamp<size_t>(keys, 1, slots - 1);
}

}  // namespace

OffsetMap::OffsetMap(uint64_t bytes_max, double load_factor, uint64_t keys_expected,
                     HashSecret secret)
    : load_factor_(std::clamp(load_factor, 0.01, load_factor_max)), secret_(secret) {
    const double wanted = static_cast<double>(keys_expected) / load_factor_ + 2;
    uint64_t slots = std::max(bytes_max / sizeof(Slot), slots_min);
    if (wanted < static_cast<double>(slots))
        slots = std::max(static_cast<uint64_t>(wanted), slots_min);
    slots_.resize(slots);
    keys_max_ = keys_of(slots, load_factor_);
}

void OffsetMap::reserve(size_t keys) {
    if (has_room(keys)) return;
    const double wanted = static_cast<double>(keys_ + keys) / load_factor_ + 2;
    auto old = std::exchange(slots_, std::vector<Slot>(static_cast<size_t>(wanted)));
    keys_max_ = std::max(keys_of(slots_.size(), load_factor_), keys_ + keys);
    ASSERT(keys_max_ < slots_.size());
    for (const Slot& slot : old)
        if (slot.next_offset != 0) slots_[slot_of(slot.hash)] = slot;
}

// Where the hash is, or the free slot where it would be.
size_t OffsetMap::slot_of(const KeyHash& hash) const {
    const auto wide = static_cast<unsigned __int128>(hash.low) * slots_.size();
    auto at = static_cast<size_t>(wide >> 64);
    while (slots_[at].next_offset != 0 && slots_[at].hash != hash)
        at = at + 1 == slots_.size() ? 0 : at + 1;
    return at;
}

void OffsetMap::put(Bytes key, Offset offset) {
    ASSERT(offset.value >= 0);
    const KeyHash hash = hash_key(secret_, key);
    Slot& slot = slots_[slot_of(hash)];
    if (slot.next_offset == 0) {
        ASSERT(keys_ < keys_max_, "the caller asks for room first");
        ++keys_;
        slot.hash = hash;
    }
    slot.next_offset = std::max(slot.next_offset, offset.value + 1);
}

Offset OffsetMap::find(Bytes key) const {
    const Slot& slot = slots_[slot_of(hash_key(secret_, key))];
    return slot.next_offset == 0 ? offset_none : Offset{slot.next_offset - 1};
}

}  // namespace barnabas::storage
