// SPDX-License-Identifier: Apache-2.0
// test_size: how large a test is to be, where an environment variable asks for its long form.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace barnabas {

// What the variable says, else `otherwise`. Throws where it says no number.
inline uint64_t test_size(const char* variable, uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::stoull(text);
}

}  // namespace barnabas
