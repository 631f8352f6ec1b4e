// SPDX-License-Identifier: Apache-2.0
// hash_key: SipHash-2-4 with 128 bits of output (Aumasson and Bernstein), by which compaction
// tells keys apart without keeping them (pitfall K07). Keyed with a secret of this process, so that
// nobody can make two keys that hash alike and have one of them removed. A pure function.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace barnabas::storage {

struct HashSecret {
    uint64_t low = 0;
    uint64_t high = 0;
};

struct KeyHash {
    uint64_t low = 0;
    uint64_t high = 0;
    friend bool operator==(const KeyHash&, const KeyHash&) = default;
};

KeyHash hash_key(const HashSecret& secret, Bytes key);

}  // namespace barnabas::storage
