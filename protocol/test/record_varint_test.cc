// SPDX-License-Identifier: Apache-2.0
// Varints against a second decoder that is written as plainly as can be (pitfall B07).
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/bytes.h"
#include "protocol/varint.h"

namespace barnabas::protocol {
namespace {

// Bits first, then the number; slow and obvious. Gives the bytes used, 0 for malformed.
template <class Int>
size_t slow_varint(Bytes bytes, Int& value) {
    std::vector<bool> bits;
    size_t used = 0;
    for (bool more = true; more; ++used) {
        if (used == bytes.size() || used == (sizeof(Int) == 4 ? 5 : 10)) return 0;
        for (int bit = 0; bit < 7; ++bit) bits.push_back(bytes[used] >> bit & 1);
        more = bytes[used] & 0x80;
    }
    for (size_t i = sizeof(Int) * 8; i < bits.size(); ++i)
        if (bits[i]) return 0;
    std::make_unsigned_t<Int> raw = 0;
    for (size_t i = 0; i < std::min(bits.size(), sizeof(Int) * 8); ++i)
        if (bits[i]) raw |= std::make_unsigned_t<Int>{1} << i;
    value =
        raw % 2 == 0 ? static_cast<Int>(raw / 2) : static_cast<Int>(-static_cast<Int>(raw / 2) - 1);
    return used;
}

template <class Int>
void compare(Bytes bytes) {
    Int fast = 0, slow = 0;
    const uint8_t* const after = read_varint(bytes.data(), bytes.data() + bytes.size(), fast);
    const size_t used = slow_varint(bytes, slow);
    ASSERT_EQ(after != nullptr, used != 0);
    if (!after) return;
    ASSERT_EQ(static_cast<size_t>(after - bytes.data()), used);
    ASSERT_EQ(fast, slow);
}

TEST(Varint, B07_all_short_inputs) {
    for (uint32_t all = 0; all < 1u << 24; all += all < 1u << 16 ? 1 : 997) {
        const uint8_t bytes[] = {static_cast<uint8_t>(all), static_cast<uint8_t>(all >> 8),
                                 static_cast<uint8_t>(all >> 16)};
        compare<int32_t>(bytes);
        compare<int64_t>(bytes);
    }
}

TEST(Varint, B07_random_long_inputs) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 100'000; ++i) {
        uint8_t bytes[12];
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
        // Long chains of continuation bits, and last bytes with few bits, are where it matters.
        const size_t chain = random() % 12;
        for (size_t at = 0; at < chain; ++at) bytes[at] |= 0x80;
        bytes[chain] &= static_cast<uint8_t>(0x7f >> random() % 8);
        const Bytes input = Bytes(bytes).first(random() % 13);
        compare<int32_t>(input);
        compare<int64_t>(input);
    }
}

TEST(Varint, B07_bounds) {
    const auto reads = [](std::initializer_list<uint8_t> bytes, auto value) {
        return read_varint(bytes.begin(), bytes.end(), value) != nullptr;
    };
    EXPECT_TRUE(reads({0xff, 0xff, 0xff, 0xff, 0x0f}, int32_t{}));
    EXPECT_FALSE(reads({0xff, 0xff, 0xff, 0xff, 0x1f}, int32_t{}));
    EXPECT_FALSE(reads({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, int32_t{}));
    EXPECT_TRUE(reads({0x80, 0x80, 0x80, 0x80, 0x00}, int32_t{}));
    EXPECT_FALSE(reads({}, int32_t{}));
    EXPECT_FALSE(reads({0x80}, int32_t{}));
    EXPECT_TRUE(reads({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, int64_t{}));
    EXPECT_FALSE(reads({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, int64_t{}));
}

template <class Int>
void round_trip(Int value) {
    std::vector<uint8_t> bytes;
    write_varint(bytes, value);
    ASSERT_EQ(bytes.size(), varint_size(value));
    Int again = 0;
    ASSERT_EQ(read_varint(bytes.data(), bytes.data() + bytes.size(), again),
              bytes.data() + bytes.size());
    ASSERT_EQ(again, value);
    ASSERT_EQ(slow_varint(bytes, again), bytes.size());
    ASSERT_EQ(again, value);
}

TEST(Varint, round_trips) {
    for (unsigned bit = 0; bit < 64; ++bit)
        for (const int64_t near : {-2, -1, 0, 1, 2}) {
            const auto value =
                static_cast<int64_t>((uint64_t{1} << bit) + static_cast<uint64_t>(near));
            round_trip(value);
            round_trip(static_cast<int64_t>(~static_cast<uint64_t>(value)));
            round_trip(static_cast<int32_t>(value));
            round_trip(static_cast<int32_t>(~value));
        }
    round_trip(std::numeric_limits<int64_t>::min());
    round_trip(std::numeric_limits<int32_t>::min());
}

}  // namespace
}  // namespace barnabas::protocol
