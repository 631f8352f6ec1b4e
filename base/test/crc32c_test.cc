// SPDX-License-Identifier: Apache-2.0
// CRC-32C against the vectors of RFC 3720 appendix B.4.
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace barnabas {
namespace {

TEST(Crc32c, B02_castagnoli_vectors_of_rfc_3720) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0x00)), 0x8A9136AAu);
    EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43u);
    std::vector<uint8_t> ascending(32);
    std::iota(ascending.begin(), ascending.end(), uint8_t{0});
    EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
    EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, continues_at_every_split) {
    const Bytes whole = as_bytes("the quick brown fox jumps over the lazy dog");
    for (size_t at = 0; at <= whole.size(); ++at)
        EXPECT_EQ(crc32c_extend(crc32c(whole.first(at)), whole.subspan(at)), crc32c(whole));
}

}  // namespace
}  // namespace barnabas
