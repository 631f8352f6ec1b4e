// SPDX-License-Identifier: Apache-2.0
// CoordinatorRecord: what a coordinator's decision adds to the log of its partition. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace barnabas::broker {

// Without a value it says that the key is gone.
struct CoordinatorRecord {
    std::vector<uint8_t> key{};
    std::optional<std::vector<uint8_t>> value{};
};

}  // namespace barnabas::broker
