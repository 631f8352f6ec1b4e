// SPDX-License-Identifier: Apache-2.0
// Random events on the transaction machine, and what must hold after each: what is alive is what is
// replayed, a late request never touches a later transaction (X11), each transaction ends once and
// as it was asked to, producer ids and epochs are never given twice (X06, X08).
// TRANSACTION_EVENTS sets how many (30000); TRANSACTION_SEED the first seed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sim/test_size.h"
#include "broker/test/transaction_world.h"

namespace barnabas::broker {
namespace {

// A world of each seed lives for so many events.
constexpr uint64_t events_per_world = 2000;

TransactionWorld::Seen run(const char* what, TransactionWorld::Mixture mixture) {
    const uint64_t events = test_size("TRANSACTION_EVENTS", 30'000);
    TransactionWorld::Seen seen;
    uint64_t seed = test_size("TRANSACTION_SEED", 1);
    for (uint64_t done = 0; done < events; ++seed) {
        TransactionWorld world(seed, mixture);
        for (uint64_t i = 0; i < events_per_world && done < events; ++i, ++done) {
            world.event();
            if (testing::Test::HasFailure()) {
                ADD_FAILURE() << "TRANSACTION_SEED=" << seed << ", event " << i;
                return seen;
            }
        }
        seen += world.seen();
    }
    fmt::print(
        "{}: {} events, {} commits, {} aborts, {} fences, {} late requests refused, {} retries "
        "answered, {} rotations, {} restarts, {} expired\n",
        what, events, seen.commits, seen.aborts, seen.fences, seen.refused_late, seen.retries,
        seen.rotations, seen.restarts, seen.expired);
    return seen;
}

void expect_seen(const TransactionWorld::Seen& seen) {
    EXPECT_GT(seen.commits, 100u);
    EXPECT_GT(seen.aborts, 100u);
    EXPECT_GT(seen.fences, 10u);
    EXPECT_GT(seen.refused_late, 100u);
    EXPECT_GT(seen.rotations, 3u);
    EXPECT_GT(seen.restarts, 10u);
    EXPECT_GT(seen.expired, 3u);
}

TEST(TransactionProperty, X08_X11_X12_X18_transaction_version_2) {
    const auto seen = run("version 2", {.server_version = 2, .client_versions = {2}});
    expect_seen(seen);
    EXPECT_GT(seen.retries, 10u);
}

TEST(TransactionProperty, X08_X12_X18_transaction_version_1) {
    expect_seen(run("version 1", {.server_version = 1, .client_versions = {0}}));
}

TEST(TransactionProperty, X08_X18_clients_of_both) {
    expect_seen(
        run("both", {.server_version = 2, .client_versions = {0, 2}, .versions_change = true}));
}

}  // namespace
}  // namespace barnabas::broker
