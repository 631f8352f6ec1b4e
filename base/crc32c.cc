// SPDX-License-Identifier: Apache-2.0
// CRC-32C by ISA-L, which picks the fastest instructions of the processor at run time.
#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace barnabas {

uint32_t crc32c_extend(uint32_t crc, Bytes bytes) {
    // ISA-L takes an int length; larger inputs go in pieces.
    constexpr size_t piece_max = size_t{1} << 30;
    crc = ~crc;
    while (!bytes.empty()) {
        const size_t count = std::min(bytes.size(), piece_max);
        // The parameter is not const, the function does not write to it.
        crc = crc32_iscsi(const_cast<uint8_t*>(bytes.data()), static_cast<int>(count), crc);
        bytes = bytes.subspan(count);
    }
    return ~crc;
}

uint32_t crc32c(Bytes bytes) {
    return crc32c_extend(0, bytes);
}

}  // namespace barnabas
