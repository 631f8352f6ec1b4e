// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4-128; see the header.
#include "storage/key_hash.h"

#include <bit>

namespace barnabas::storage {
namespace {

struct Sip {
    uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
    uint64_t finish() {
        for (int i = 0; i < 4; ++i) round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

uint64_t load_le(const uint8_t* from, size_t count) {
    uint64_t word = 0;
    for (size_t i = 0; i < count; ++i) word |= uint64_t{from[i]} << (8 * i);
    return word;
}

}  // namespace

KeyHash hash_key(const HashSecret& secret, Bytes key) {
    Sip sip{0x736f6d6570736575 ^ secret.low, 0x646f72616e646f6d ^ secret.high ^ 0xee,
            0x6c7967656e657261 ^ secret.low, 0x7465646279746573 ^ secret.high};
    size_t at = 0;
    for (; at + 8 <= key.size(); at += 8) sip.take(load_le(key.data() + at, 8));
    const uint64_t tail = load_le(key.data() + at, key.size() - at);
    sip.take(tail | uint64_t{key.size() & 0xff} << 56);
    sip.v2 ^= 0xee;
    KeyHash hash;
    hash.low = sip.finish();
    sip.v1 ^= 0xdd;
    hash.high = sip.finish();
    return hash;
}

}  // namespace barnabas::storage
