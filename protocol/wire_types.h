// SPDX-License-Identifier: Apache-2.0
// What every generated struct is made of. Text, Blob and Records of a decoded struct borrow from
// the frame it was decoded from: the frame must outlive the struct, or the value is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "protocol/records_field.h"

namespace barnabas::protocol {

class Reader;
class Writer;
class JsonWriter;

// A tagged field (KIP-482) that this schema does not know at the version at hand. Kept, so that
// what a newer peer wrote survives when it is written again.
struct UnknownTag {
    uint32_t tag = 0;
    Blob data{};
    bool operator==(const UnknownTag&) const = default;
};

}  // namespace barnabas::protocol
