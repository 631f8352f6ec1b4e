// SPDX-License-Identifier: Apache-2.0
// A planted bug that every fuzz run must find first: reads past the end for inputs that begin with
// "bug!". A set-up in which this one does not fail (no sanitizer, no coverage) proves nothing about
// the others.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 4 || std::memcmp(data, "bug!", 4) != 0) return 0;
    const std::vector<uint8_t> copy(data, data + size);
    const volatile uint8_t* past_the_end = copy.data() + size;
    return *past_the_end == 0 ? 0 : -1;
}
