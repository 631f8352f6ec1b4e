// SPDX-License-Identifier: Apache-2.0
// How the fuzz targets of coordinators cut one input into keys and values.
#pragma once

#include <algorithm>

#include "base/bytes.h"

namespace barnabas::broker {

// The next piece: as long as its first byte says, or as there is.
inline Bytes take(Bytes& bytes) {
    if (bytes.empty()) return {};
    const size_t size = std::min<size_t>(bytes[0], bytes.size() - 1);
    const Bytes taken = bytes.subspan(1, size);
    bytes = bytes.subspan(1 + size);
    return taken;
}

}  // namespace barnabas::broker
