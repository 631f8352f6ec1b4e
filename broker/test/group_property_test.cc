// SPDX-License-Identifier: Apache-2.0
// Random sequences of events on the group machines, what must hold after each (G08, G10, G11, G13).
// GROUP_EVENTS sets how many for each mixture (7000); GROUP_SEED the first seed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sim/test_size.h"
#include "broker/test/group_world.h"

namespace barnabas::broker {
namespace {

// A world of each seed lives for so many events: long enough to have seen everything.
constexpr uint64_t events_per_world = 2000;

struct Seen {
    uint64_t conversions = 0, revocations = 0, fencings = 0, replays = 0;
};

Seen run(const char* what, bool consumer, bool classic) {
    const uint64_t events = test_size("GROUP_EVENTS", 7000);
    Seen seen;
    uint64_t seed = test_size("GROUP_SEED", 1);
    for (uint64_t done = 0; done < events; ++seed) {
        GroupWorld world({.seed = seed, .consumer = consumer, .classic = classic});
        for (uint64_t i = 0; i < events_per_world && done < events; ++i, ++done) {
            world.event();
            if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) {
                ADD_FAILURE() << "GROUP_SEED=" << seed << ", event " << i;
                return seen;
            }
        }
        seen.conversions += world.conversions();
        seen.revocations += world.revocations();
        seen.fencings += world.fencings();
        seen.replays += world.replays();
    }
    fmt::print("{}: {} events, {} conversions, {} revocations, {} fencings, {} replays\n", what,
               events, seen.conversions, seen.revocations, seen.fencings, seen.replays);
    return seen;
}

TEST(GroupProperty, G08_G13_consumer_groups) {
    const Seen seen = run("consumer", true, false);
    EXPECT_GT(seen.revocations, 10u);
    EXPECT_GT(seen.fencings, 10u);
}

TEST(GroupProperty, G13_classic_groups) {
    EXPECT_GT(run("classic", false, true).replays, 10u);
}

TEST(GroupProperty, G11_G13_groups_of_both_protocols) {
    const Seen seen = run("mixed", true, true);
    EXPECT_GT(seen.conversions, 10u) << "groups change their kind";
    EXPECT_GT(seen.revocations, 10u);
}

}  // namespace
}  // namespace barnabas::broker
