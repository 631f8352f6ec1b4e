// SPDX-License-Identifier: Apache-2.0
// Text form of Uuid: URL-safe base64 without padding (RFC 4648 section 5), 22 characters.
#include "base/uuid.h"

#include "base/assert.h"

namespace barnabas {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t text_size = 22;

// The value of each character, or -1.
constexpr std::array<int8_t, 256> make_values() {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
    return values;
}
constexpr std::array<int8_t, 256> values = make_values();

}  // namespace

std::string Uuid::str() const {
    std::string text;
    text.reserve(text_size);
    uint32_t pending = 0;
    int bits = 0;
    for (const uint8_t byte : bytes) {
        pending = pending << 8 | byte;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += alphabet[pending >> bits & 63];
        }
    }
    ASSERT(bits == 2, "128 bits are 21 characters and 2 bits");
    text += alphabet[pending << 4 & 63];
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    Uuid result;
    size_t filled = 0;
    uint32_t pending = 0;
    int bits = 0;
    for (const char c : text) {
        const int8_t value = values[static_cast<uint8_t>(c)];
        if (value < 0) return std::nullopt;
        pending = pending << 6 | static_cast<uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            result.bytes[filled++] = static_cast<uint8_t>(pending >> bits);
        }
    }
    ASSERT(filled == result.bytes.size() && bits == 4);
    // The last character holds two bits of the id; the four below them are written as zeros.
    if ((pending & 15) != 0) return std::nullopt;
    return result;
}

}  // namespace barnabas
