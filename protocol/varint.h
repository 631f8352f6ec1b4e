// SPDX-License-Identifier: Apache-2.0
// Varints of records (KIP-98): zigzag numbers of 32 and 64 bits in groups of 7 bits, least
// significant first. Strict: at most 5 or 10 bytes and no bits beyond the type (pitfall B07);
// needlessly long forms inside those bounds are accepted, because writers that reserve room produce
// them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace barnabas::protocol {

template <class Unsigned>
inline constexpr size_t varint_size_max = (sizeof(Unsigned) * 8 + 6) / 7;

// Reads at `next`, not beyond `end`. Gives the byte after the number, or null if it is cut or
// malformed.
template <class Unsigned>
const uint8_t* read_uvarint(const uint8_t* next, const uint8_t* end, Unsigned& value) {
    static_assert(std::is_same_v<Unsigned, uint32_t> || std::is_same_v<Unsigned, uint64_t>);
    constexpr unsigned bits = sizeof(Unsigned) * 8;
    Unsigned result = 0;
    for (unsigned shift = 0; shift < bits && next != end; shift += 7) {
        const uint8_t byte = *next++;
        const auto group = static_cast<Unsigned>(byte & 0x7f);
        if (shift + 7 > bits && (group >> (bits - shift)) != 0) return nullptr;
        result |= group << shift;
        if (byte < 0x80) {
            value = result;
            return next;
        }
    }
    return nullptr;
}

// The same for int32_t and int64_t, zigzag: 0, -1, 1, -2, ...
template <class Int>
const uint8_t* read_varint(const uint8_t* next, const uint8_t* end, Int& value) {
    using Unsigned = std::make_unsigned_t<Int>;
    // Most numbers of a record take one byte.
    if (next != end && *next < 0x80) {
        value = static_cast<Int>(*next >> 1) ^ -static_cast<Int>(*next & 1);
        return next + 1;
    }
    Unsigned raw = 0;
    next = read_uvarint(next, end, raw);
    if (next) value = static_cast<Int>(raw >> 1) ^ -static_cast<Int>(raw & 1);
    return next;
}

template <class Int>
std::make_unsigned_t<Int> zigzag(Int value) {
    using Unsigned = std::make_unsigned_t<Int>;
    return static_cast<Unsigned>(static_cast<Unsigned>(value) << 1) ^
           static_cast<Unsigned>(value >> (sizeof(Int) * 8 - 1));
}

// Bytes that write_varint() writes.
template <class Int>
size_t varint_size(Int value) {
    return (static_cast<size_t>(std::bit_width(zigzag(value) | 1u)) + 6) / 7;
}

template <class Int>
void write_varint(std::vector<uint8_t>& to, Int value) {
    auto left = zigzag(value);
    for (; left >= 0x80; left >>= 7) to.push_back(static_cast<uint8_t>(left | 0x80));
    to.push_back(static_cast<uint8_t>(left));
}

}  // namespace barnabas::protocol
