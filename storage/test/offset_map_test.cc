// SPDX-License-Identifier: Apache-2.0
// The hash by which compaction tells keys apart, and the bounded map from it to offsets (K07).
#include "storage/offset_map.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

#include "base/random.h"

namespace barnabas::storage {
namespace {

TEST(KeyHash, vectors_of_its_authors) {
    // Key 00..0f, input 00..(n-1), as in the reference implementation's vectors.
    const HashSecret secret{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::array<uint8_t, 2> input{0, 1};
    EXPECT_EQ(hash_key(secret, {}), (KeyHash{0xe6a825ba047f81a3, 0x930255c71472f66d}));
    EXPECT_EQ(hash_key(secret, Bytes(input).first(1)),
              (KeyHash{0x44af996bd8c187da, 0x45fc229b11597634}));
}

TEST(KeyHash, every_bit_of_key_and_secret_counts) {
    std::array<uint8_t, 40> key{};
    const HashSecret secret{1, 2};
    const KeyHash plain = hash_key(secret, key);
    for (size_t bit = 0; bit < key.size() * 8; ++bit) {
        auto other = key;
        other[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
        EXPECT_NE(hash_key(secret, other), plain);
    }
    EXPECT_NE(hash_key(secret, Bytes(key).first(39)), plain);
    EXPECT_NE(hash_key({1, 3}, key), plain);
    EXPECT_NE(hash_key({0, 2}, key), plain);
}

TEST(OffsetMap, equals_a_model_up_to_its_bound) {
    Random random(7);
    OffsetMap map(24 * 1000, 0.9, 1 << 20, {3, 4});
    EXPECT_EQ(map.memory(), 24u * 1000);
    EXPECT_EQ(map.keys_max(), 900u);
    std::map<std::string, Offset> model;
    for (int64_t i = 0; i < 20'000; ++i) {
        const std::string key = "key-" + std::to_string(random.below(2000));
        if (!model.contains(key) && !map.has_room(1)) continue;
        const Offset offset{static_cast<int64_t>(random.below(1'000'000))};
        map.put(as_bytes(key), offset);
        auto& known = model.try_emplace(key, offset).first->second;
        known = std::max(known, offset);
    }
    EXPECT_EQ(model.size(), 900u);
    EXPECT_EQ(map.keys(), model.size());
    for (int i = 0; i < 2000; ++i) {
        const std::string key = "key-" + std::to_string(i);
        const auto known = model.find(key);
        EXPECT_EQ(map.find(as_bytes(key)), known == model.end() ? offset_none : known->second);
    }
}

TEST(OffsetMap, K11_makes_room_for_a_batch_beyond_the_bound) {
    OffsetMap map(24 * 16, 0.9, 1 << 20, {3, 4});
    for (int64_t i = 0; i < 5; ++i) map.put(as_bytes(std::to_string(i)), Offset{i});
    EXPECT_FALSE(map.has_room(1000));
    map.reserve(1000);
    ASSERT_TRUE(map.has_room(1000));
    for (int64_t i = 5; i < 1005; ++i) map.put(as_bytes(std::to_string(i)), Offset{i});
    for (int64_t i = 0; i < 1005; ++i) EXPECT_EQ(map.find(as_bytes(std::to_string(i))), Offset{i});
}

TEST(OffsetMap, takes_no_more_memory_than_there_can_be_keys) {
    EXPECT_LT(OffsetMap(uint64_t{1} << 30, 0.9, 100, {}).memory(), 24u * 200);
    EXPECT_GE(OffsetMap(uint64_t{1} << 30, 0.9, 100, {}).keys_max(), 100u);
    EXPECT_GE(OffsetMap(0, 0.9, 0, {}).keys_max(), 1u);
}

}  // namespace
}  // namespace barnabas::storage
