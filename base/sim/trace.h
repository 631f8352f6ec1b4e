// SPDX-License-Identifier: Apache-2.0
// Trace: a running hash of everything that a simulation did, in order. Two runs of one seed must
// end with the same hash; a test that compares them finds what is not replayable.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace barnabas {

class Trace {
  public:
    void note(uint64_t value) {
        hash_ = (hash_ ^ value) * 0x100000001B3ull;
        hash_ ^= hash_ >> 29;
        ++events_;
    }
    void note(std::string_view text) {
        uint64_t sum = text.size();
        for (const char c : text) sum = sum * 31 + static_cast<uint8_t>(c);
        note(sum);
    }
    uint64_t hash() const { return hash_; }
    uint64_t events() const { return events_; }

  private:
    uint64_t hash_ = 0xCBF29CE484222325ull;
    uint64_t events_ = 0;
};

}  // namespace barnabas
