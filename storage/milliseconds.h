// SPDX-License-Identifier: Apache-2.0
// Settings are milliseconds, and "never" is written as the largest of them: this makes a Nanos of
// one without overflow.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace barnabas::storage {

// At most about 31 years, so that it can be added to any time of a clock.
inline Nanos nanos_of_ms(int64_t ms) {
    constexpr int64_t ms_max = 1'000'000'000'000;
    return std::chrono::milliseconds(std::clamp<int64_t>(ms, 0, ms_max));
}

}  // namespace barnabas::storage
