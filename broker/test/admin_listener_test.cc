// SPDX-License-Identifier: Apache-2.0
// Tests of the grammar of admin.listener.
#include <gtest/gtest.h>

#include "broker/start_options.h"

namespace barnabas::broker {
namespace {

std::string parsed(std::string_view text) {
    const auto listener = parse_admin_listener(text);
    if (!listener) return "refused";
    if (!listener->on) return "off";
    EXPECT_TRUE(listener->required);
    return listener->at.str();
}

TEST(AdminListener, addresses_and_none) {
    EXPECT_EQ(parsed("none"), "off");
    EXPECT_EQ(parsed("127.0.0.1:9644"), "127.0.0.1:9644");
    EXPECT_EQ(parsed(":0"), ":0");
    EXPECT_EQ(parsed("[::1]:80"), "::1:80");
    for (const auto* bad : {"", "9644", "host", "host:", "host:x", "host:65536", "http://h:1/"})
        EXPECT_EQ(parsed(bad), "refused") << bad;
    EXPECT_EQ(default_admin_listener().at.str(), "127.0.0.1:9644");
    EXPECT_FALSE(default_admin_listener().required);
}

}  // namespace
}  // namespace barnabas::broker
