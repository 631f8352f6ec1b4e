// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, RFC 3720), as record batches use it; computed by ISA-L.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace barnabas {

uint32_t crc32c(Bytes bytes);
// Continues: crc32c_extend(crc32c(a), b) == crc32c(a + b).
uint32_t crc32c_extend(uint32_t crc, Bytes bytes);

}  // namespace barnabas
