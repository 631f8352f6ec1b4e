// SPDX-License-Identifier: Apache-2.0
// Random: the only source of randomness; seeded, so that a simulation replays bit for bit.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/uuid.h"

namespace barnabas {

// xoshiro256** seeded by splitmix64. Not for secrets.
class Random {
  public:
    explicit Random(uint64_t seed);
    uint64_t next();
    // Uniform in [0, bound); bound > 0.
    uint64_t below(uint64_t bound);
    // True with probability numerator/denominator.
    bool chance(uint64_t numerator, uint64_t denominator) { return below(denominator) < numerator; }
    void fill(MutableBytes into);
    // A random (version 4) id that is neither zero nor reserved and does not begin with '-', as
    // Kafka's.
    Uuid uuid();

  private:
    uint64_t state_[4];
};

// A seed from the operating system, for real processes.
uint64_t random_seed();

}  // namespace barnabas
