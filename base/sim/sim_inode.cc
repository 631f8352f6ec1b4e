// SPDX-License-Identifier: Apache-2.0
// SimInode: writing, syncing, and what a crash makes of unsynced writes. The model is harsher than
// common file systems where they promise nothing: sectors of one write land in any order or not at
// all, a file may keep its new size without its new bytes, later writes may survive earlier ones.
#include "base/sim/sim_inode.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace barnabas {
namespace {

constexpr uint64_t sector_bytes = 512;
constexpr uint64_t page_bytes = SparseBytes::page_bytes;

void apply(SparseBytes& bytes, const SimInode::Unsynced& operation) {
    if (operation.truncates)
        bytes.resize(operation.position);
    else
        bytes.write(operation.position, operation.bytes);
}

}  // namespace

CrashStyle pick_style(CrashStyle style, Random& random) {
    if (style != CrashStyle::any) return style;
    constexpr std::array styles{CrashStyle::lose_all, CrashStyle::keep_all, CrashStyle::prefix,
                                CrashStyle::scatter};
    return styles[random.below(styles.size())];
}

void SimInode::write(uint64_t position, Bytes bytes) {
    ASSERT(!is_directory);
    if (bytes.empty()) return;
    content.write(position, bytes);
    unsynced.push_back({.position = position, .bytes = {bytes.begin(), bytes.end()}});
    set_warm(position, bytes.size());
}

void SimInode::truncate(uint64_t size) {
    ASSERT(!is_directory);
    content.resize(size);
    reserved = std::min(reserved, size);
    unsynced.push_back({.position = size, .bytes = {}, .truncates = true});
}

void SimInode::sync() {
    for (const Unsynced& operation : unsynced) make_durable(operation);
    unsynced.clear();
}

void SimInode::reread_device() {
    content = durable;
    for (const Unsynced& operation : unsynced) apply(content, operation);
}

void SimInode::flip_bit(uint64_t position, unsigned bit) {
    content.flip_bit(position, bit);
    durable.flip_bit(position, bit);
    for (Unsynced& operation : unsynced) {
        if (operation.truncates || position < operation.position) continue;
        const uint64_t inside = position - operation.position;
        if (inside >= operation.bytes.size()) continue;
        uint8_t& byte = operation.bytes[inside];
        byte = static_cast<uint8_t>(byte ^ (1u << bit));
    }
}

void SimInode::make_durable(const Unsynced& operation) {
    apply(durable, operation);
}

void SimInode::make_torn(const Unsynced& operation, Random& random) {
    if (operation.truncates) {
        if (random.chance(1, 2)) make_durable(operation);
        return;
    }
    const uint64_t end = operation.position + operation.bytes.size();
    const bool in_order = random.chance(1, 2);
    for (uint64_t at = operation.position; at < end;) {
        const uint64_t next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
        const bool kept = random.chance(1, 2);
        // In order: everything up to the first lost sector.
        if (!kept && in_order) break;
        const Bytes whole(operation.bytes);
        if (kept) durable.write(at, whole.subspan(at - operation.position, next - at));
        at = next;
    }
    // The new size may be there although the bytes are not (L03).
    if (random.chance(1, 4)) durable.resize(std::max(durable.size(), end));
}

void SimInode::crash(CrashStyle style, Random& random) {
    ASSERT(!is_directory);
    style = pick_style(style, random);
    const uint64_t whole = style == CrashStyle::prefix ? random.below(unsynced.size() + 1) : 0;
    for (size_t i = 0; i < unsynced.size(); ++i) {
        const Unsynced& operation = unsynced[i];
        uint64_t fate = 1;  // 0 kept, 1 lost, 2 torn
        if (style == CrashStyle::keep_all) fate = 0;
        if (style == CrashStyle::scatter) fate = random.below(3);
        if (style == CrashStyle::prefix) fate = i < whole ? 0 : i == whole ? 2 : 1;
        if (fate == 0) make_durable(operation);
        if (fate == 2) make_torn(operation, random);
    }
    unsynced.clear();
    content = durable;
    reserved = 0;
    warm.reset();
}

uint64_t SimInode::device_bytes() const {
    return std::max(content.allocated(), reserved);
}

bool SimInode::is_warm(uint64_t position, uint64_t size) const {
    if (!warm || size == 0 || position >= content.size()) return true;
    const uint64_t end = std::min(position + size, content.size());
    for (uint64_t page = position / page_bytes; page * page_bytes < end; ++page)
        if (!warm->contains(page)) return false;
    return true;
}

void SimInode::set_warm(uint64_t position, uint64_t size) {
    if (!warm || size == 0) return;
    for (uint64_t page = position / page_bytes; page * page_bytes < position + size; ++page)
        warm->insert(page);
}

}  // namespace barnabas
