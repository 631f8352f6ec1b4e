// SPDX-License-Identifier: Apache-2.0
// Limits on connections, and accepting when the process is out of descriptors.
#include <cerrno>

#include "broker/test/server_fixture.h"

namespace barnabas::broker {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;
using ListenerTest = ServerFixture;

bool is_served(TestClient& client) {
    client.ask(1, "echo a");
    return client.answer().has_value();
}

TEST_F(ListenerTest, N06_a_full_house_refuses_while_nobody_is_idle) {
    config_.max_connections = 3;
    start();
    auto first = connect("a");
    auto second = connect("b");
    auto third = connect("c");
    for (auto* client : {&first, &second, &third}) EXPECT_TRUE(is_served(*client));
    auto refused = connect("d");
    EXPECT_TRUE(refused.closed_by_server());
    EXPECT_EQ(server_->connections(), 3u);
}

TEST_F(ListenerTest, N06_the_one_idle_for_longest_makes_room) {
    config_.max_connections = 3;
    start();
    auto oldest = connect("a");
    auto busy = connect("b");
    auto recent = connect("c");
    EXPECT_TRUE(is_served(oldest));
    busy.ask(1, "sleep 100000 x");
    loop_.run_for(20s);
    EXPECT_TRUE(is_served(recent));
    loop_.run_for(1s);
    auto fresh = connect("d");
    EXPECT_TRUE(is_served(fresh));
    EXPECT_TRUE(oldest.closed_by_server());
    EXPECT_TRUE(is_served(recent));
    EXPECT_EQ(busy.answer()->second, "x");
}

TEST_F(ListenerTest, N06_connections_of_one_address_are_limited) {
    config_.max_connections_per_ip = 2;
    start();
    auto first = connect("a");
    auto second = connect("a");
    EXPECT_TRUE(is_served(first));
    EXPECT_TRUE(is_served(second));
    auto refused = connect("a");
    EXPECT_TRUE(refused.closed_by_server());
    auto other = connect("b");
    EXPECT_TRUE(is_served(other));
    first.close();
    loop_.run_for(1s);
    auto again = connect("a");
    EXPECT_TRUE(is_served(again));
}

TEST_F(ListenerTest, N07_out_of_descriptors_waits_and_recovers) {
    start();
    auto before = connect();
    EXPECT_TRUE(is_served(before));
    network_.fail_accepts(EMFILE, 5);
    auto waiting = connect();
    const Nanos began = loop_.clock().now();
    EXPECT_TRUE(is_served(waiting));
    const Nanos took = loop_.clock().now() - began;
    EXPECT_GT(took, 100ms) << "each attempt waits longer than the one before";
    EXPECT_LT(took, 5s);
    EXPECT_TRUE(is_served(before)) << "others are served meanwhile";
}

TEST_F(ListenerTest, N07_out_of_descriptors_gives_up_an_idle_connection) {
    start();
    auto idle = connect();
    EXPECT_TRUE(is_served(idle));
    loop_.run_for(1min);
    network_.fail_accepts(EMFILE, 1);
    auto waiting = connect();
    EXPECT_TRUE(is_served(waiting));
    EXPECT_TRUE(idle.closed_by_server());
}

TEST_F(ListenerTest, N07_accepting_that_fails_for_ever_does_not_spin) {
    start();
    network_.fail_accepts(ENFILE, UINT64_MAX);
    auto client = connect();
    client.ask(1, "echo a");
    // A spinning loop would not let virtual time pass.
    loop_.run_for(1h);
    network_.fail_accepts(0, 0);
    EXPECT_EQ(client.answer()->second, "a");
}

TEST_F(ListenerTest, clients_come_and_go) {
    start();
    for (int round = 0; round < 20; ++round) {
        std::vector<TestClient> clients;
        for (int i = 0; i < 20; ++i) clients.push_back(connect());
        for (auto& client : clients) EXPECT_TRUE(is_served(client));
        for (auto& client : clients) client.close();
        loop_.run_for(1s);
        EXPECT_EQ(server_->connections(), 0u);
    }
}

}  // namespace
}  // namespace barnabas::broker
