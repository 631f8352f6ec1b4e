// SPDX-License-Identifier: Apache-2.0
// Big-endian access, and what Text and Blob own or borrow; strong ids' arithmetic; the TRY macros.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <unordered_set>

#include "base/ids.h"
#include "base/result.h"

namespace barnabas {
namespace {

TEST(Bytes, big_endian_load_and_store_are_inverse) {
    std::array<uint8_t, 8> bytes{};
    store_be<int32_t>(bytes.data(), -2);
    EXPECT_EQ(bytes[0], 0xFF);
    EXPECT_EQ(bytes[3], 0xFE);
    EXPECT_EQ(load_be<int32_t>(bytes.data()), -2);
    store_be<int64_t>(bytes.data(), 0x0102030405060708);
    EXPECT_EQ(bytes[0], 1);
    EXPECT_EQ(bytes[7], 8);
    EXPECT_EQ(load_be<int16_t>(bytes.data()), 0x0102);
}

TEST(Bytes, text_owns_what_it_is_made_of_and_borrows_when_asked) {
    std::string source = "abc";
    const Text owned{std::string_view(source)};
    const Text borrowed = Text::borrow(source);
    const Text copy = borrowed;
    source[0] = 'x';
    EXPECT_EQ(owned, "abc");
    EXPECT_EQ(borrowed, "xbc");
    EXPECT_EQ(copy, borrowed);
    EXPECT_TRUE(Text{}.empty());
}

TEST(Bytes, blob_owns_or_borrows) {
    std::vector<uint8_t> source{1, 2, 3};
    const Blob owned = Blob::copy(source);
    const Blob borrowed = Blob::borrow(source);
    EXPECT_EQ(owned, borrowed);
    source[0] = 9;
    EXPECT_FALSE(owned == borrowed);
    EXPECT_EQ(borrowed.view()[0], 9);
}

TEST(Ids, offsets_count) {
    const Offset base{10};
    EXPECT_EQ(base + 5, Offset{15});
    EXPECT_EQ(Offset{15} - base, 5);
    EXPECT_LT(base, base + 1);
    const std::unordered_set<BrokerId> brokers{BrokerId{1}, BrokerId{2}, BrokerId{1}};
    EXPECT_EQ(brokers.size(), 2u);
}

Result<int> half(int value) {
    if (value % 2 != 0) return fail(ErrorCode::invalid_request, "half", 7);
    return value / 2;
}
Result<int> quarter(int value) {
    TRY_ASSIGN(const int halved, half(value));
    TRY(half(halved));
    return half(halved);
}

TEST(Result, macros_pass_the_error_on_unchanged) {
    EXPECT_EQ(quarter(8), 2);
    for (const int odd : {6, 7}) {
        const auto failed = quarter(odd);
        ASSERT_FALSE(failed.has_value());
        EXPECT_EQ(failed.error().code, ErrorCode::invalid_request);
        EXPECT_EQ(failed.error().os_error, 7);
        EXPECT_STREQ(failed.error().where, "half");
    }
}

}  // namespace
}  // namespace barnabas
