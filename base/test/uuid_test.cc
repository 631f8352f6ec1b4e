// SPDX-License-Identifier: Apache-2.0
// Uuid's text form: RFC 4648 section 5, and the well-known ids as Kafka documents them.
#include "base/uuid.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace barnabas {
namespace {

TEST(Uuid, writes_url_safe_base64_without_padding) {
    EXPECT_EQ(Uuid{}.str(), "AAAAAAAAAAAAAAAAAAAAAA");
    EXPECT_EQ(metadata_topic_id.str(), "AAAAAAAAAAAAAAAAAAAAAQ");
    Uuid ones;
    ones.bytes.fill(0xFF);
    EXPECT_EQ(ones.str(), "_____________________w");
}

TEST(Uuid, reads_what_it_writes) {
    Random random(7);
    for (int i = 0; i < 1000; ++i) {
        const Uuid id = random.uuid();
        const auto parsed = Uuid::parse(id.str());
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(*parsed, id);
    }
}

TEST(Uuid, refuses_everything_else) {
    EXPECT_FALSE(Uuid::parse("").has_value());
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAAA").has_value());
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAAAAA").has_value());
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAA==").has_value());
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAA+AAAAAAAAAAA").has_value());
    // A second spelling of the zero id: the four bits below the id are not zero.
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAAAB").has_value());
}

}  // namespace
}  // namespace barnabas
