// SPDX-License-Identifier: Apache-2.0
// Nanos: points in time and durations as Clock::now() counts them. A header of its own, so that
// state machines can take time as an argument without knowing what a Clock is.
#pragma once

#include <chrono>

namespace barnabas {

using Nanos = std::chrono::nanoseconds;

}  // namespace barnabas
