// SPDX-License-Identifier: Apache-2.0
// xoshiro256** by Blackman and Vigna (public domain algorithm), seeded by splitmix64.
#include "base/random.h"

#include <algorithm>
#include <bit>
#include <random>

#include "base/assert.h"

namespace barnabas {

Random::Random(uint64_t seed) {
    for (uint64_t& word : state_) {
        seed += 0x9E3779B97F4A7C15ull;
        uint64_t mixed = seed;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
        word = mixed ^ mixed >> 31;
    }
    ASSERT((state_[0] | state_[1] | state_[2] | state_[3]) != 0, "zero is the one dead state");
}

uint64_t Random::next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

uint64_t Random::below(uint64_t bound) {
    ASSERT(bound > 0);
    // Values below 2^64 mod bound would make the low results more likely: draw again.
    const uint64_t threshold = -bound % bound;
    while (true) {
        const uint64_t value = next();
        if (value >= threshold) return value % bound;
    }
}

void Random::fill(MutableBytes into) {
    while (!into.empty()) {
        const uint64_t word = next();
        const size_t count = std::min(into.size(), sizeof word);
        std::memcpy(into.data(), &word, count);
        into = into.subspan(count);
    }
}

Uuid Random::uuid() {
    while (true) {
        Uuid id;
        fill(id.bytes);
        id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0F) | 0x40);
        id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3F) | 0x80);
        // A leading '-' reads as an option on command lines. Version 4 excludes the reserved ids.
        if (!id.str().starts_with('-')) return id;
    }
}

uint64_t random_seed() {
    std::random_device device;
    return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace barnabas
