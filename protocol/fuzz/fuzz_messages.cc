// SPDX-License-Identifier: Apache-2.0
// Fuzz target of every generated decoder. The first two bytes pick the message, the third its
// version (and whether to render JSON), the rest is the body. What decodes must encode, and that
// must decode to the same message.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "protocol/registry.h"

namespace barnabas::protocol {
namespace {

void check(Bytes input) {
    if (input.size() < 3) return;
    const auto all = message_registry();
    const MessageEntry& entry = all[load_be<uint16_t>(input.data()) % all.size()];
    const int versions = entry.version_max - entry.version_min + 1;
    const auto version = static_cast<int16_t>(entry.version_min + (input[2] & 0x7f) % versions);
    const WantJson want = (input[2] & 0x80) != 0 ? WantJson::one_line : WantJson::no;
    const Bytes body = input.subspan(3);
    const auto seen = inspect(entry, body, version, want);
    if (!seen) {
        ASSERT(seen.error().code == ErrorCode::invalid_request, "the only way to fail");
        return;
    }
    ASSERT(seen->used <= body.size(), "reads stay inside");
    ASSERT(seen->stable, "an encoded message decodes to the same message");
    ASSERT(want == WantJson::no || seen->json.size() >= 2, "at least {}");
}

}  // namespace
}  // namespace barnabas::protocol

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    barnabas::protocol::check(barnabas::Bytes(data, size));
    return 0;
}
