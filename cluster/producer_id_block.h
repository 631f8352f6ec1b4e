// SPDX-License-Identifier: Apache-2.0
// ProducerIdBlock: producer ids that the controller gave to one broker for good. A plain value.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace barnabas::cluster {

// The ids first, first + 1, ... first + count - 1.
struct ProducerIdBlock {
    ProducerId first;
    int32_t count = 0;
};

}  // namespace barnabas::cluster
