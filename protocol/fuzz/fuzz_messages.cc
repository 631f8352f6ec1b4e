// SPDX-License-Identifier: Apache-2.0
// Fuzz target of every generated decoder. The first two bytes pick the message, the third its
// version, the rest is the body. What decodes must encode, and decode again to an equal message.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "protocol/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace barnabas::protocol;
    if (size < 3) return 0;
    const auto all = message_registry();
    const MessageEntry& entry = all[barnabas::load_be<uint16_t>(data) % all.size()];
    const int versions = entry.version_max - entry.version_min + 1;
    const auto version = static_cast<int16_t>(entry.version_min + (data[2] & 0x7f) % versions);
    const bool want_json = (data[2] & 0x80) != 0;
    const barnabas::Bytes body(data + 3, size - 3);
    const auto seen = entry.inspect(body, version, want_json, JsonWriter::Layout::one_line);
    if (!seen) {
        ASSERT(seen.error().code == barnabas::ErrorCode::invalid_request, "the only way to fail");
        return 0;
    }
    ASSERT(seen->used <= body.size(), "reads stay inside");
    ASSERT(seen->stable, "an encoded message decodes to the same message");
    ASSERT(!want_json || seen->json.size() >= 2, "at least {}");
    return 0;
}
