// SPDX-License-Identifier: Apache-2.0
// The simulated network's faults: connections that end at any byte, machines that do not reach each
// other, accepts that fail, and that a seed repeats.
#include "base/sim/sim_network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "base/task_group.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<std::unique_ptr<Stream>> connect_to(Network& network, std::string host, uint16_t port) {
    const Endpoint there{host, port};
    auto connected = co_await network.connect(there);
    if (!connected) co_return nullptr;
    co_return std::move(*connected);
}
Task<int> connect_error(Network& network, std::string host, uint16_t port) {
    const Endpoint there{host, port};
    const auto connected = co_await network.connect(there);
    co_return connected ? 0 : connected.error().os_error;
}
Task<Result<void>> write_text(Stream& stream, std::string_view text) {
    const Bytes part = as_bytes(text);
    co_return co_await stream.write(std::span(&part, 1));
}
struct ReadOutcome {
    std::string text;
    int error = 0;
    size_t reads = 0;
};
Task<ReadOutcome> read_to_end(Stream& stream) {
    ReadOutcome outcome;
    std::array<uint8_t, 4096> buffer;
    while (true) {
        const auto count = co_await stream.read_some(buffer);
        if (!count) outcome.error = count.error().os_error;
        if (!count || *count == 0) co_return outcome;
        ++outcome.reads;
        outcome.text += as_text(Bytes(buffer).first(*count));
    }
}

// A connection between "a" and "b", whose acceptor is gone already.
struct Pair {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};
Task<void> connect_into(Network& network, uint16_t port, std::unique_ptr<Stream>& into) {
    into = co_await connect_to(network, "b", port);
}
Pair make_pair(SimLoop& loop, SimNetwork& network) {
    Pair pair;
    const auto acceptor = *network.host("b").listen({"", 0});
    TaskGroup group(loop.executor(), loop.clock());
    group.spawn(connect_into(network.host("a"), acceptor->port(), pair.client));
    pair.server = *loop.run_until_done(acceptor->accept());
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(60))));
    return pair;
}

TEST(SimNetwork, N08_a_connection_is_cut_at_every_byte) {
    const std::string request = "a request of some bytes";
    for (const bool orderly : {false, true}) {
        for (size_t at = 0; at <= request.size(); ++at) {
            SimLoop loop(at);
            SimNetwork network(loop);
            network.cut_next({.towards_server = true, .after = at, .orderly = orderly});
            Pair pair = make_pair(loop, network);
            TaskGroup group(loop.executor(), loop.clock());
            auto send = [](Stream& stream, std::string text) -> Task<void> {
                (void)co_await write_text(stream, text);
            };
            group.spawn(send(*pair.client, request));
            const auto received = loop.run_until_done(read_to_end(*pair.server));
            EXPECT_EQ(received.text, request.substr(0, at));
            EXPECT_EQ(received.error, orderly ? 0 : ECONNRESET);
            EXPECT_EQ(loop.run_until_done(read_to_end(*pair.client)).error, ECONNRESET);
            EXPECT_TRUE(loop.run_until_done(group.stop(seconds(60))));
        }
    }
}

TEST(SimNetwork, a_cut_of_the_answer_leaves_the_request_whole) {
    SimLoop loop;
    SimNetwork network(loop);
    network.cut_next({.towards_server = false, .after = 3});
    Pair pair = make_pair(loop, network);
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.client, "request")));
    std::array<uint8_t, 1> first{};
    ASSERT_TRUE(loop.run_until_done(pair.server->read_some(first)));
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.server, "answer")));
    const auto answer = loop.run_until_done(read_to_end(*pair.client));
    EXPECT_EQ(answer.text, "ans");
    EXPECT_EQ(answer.error, ECONNRESET);
}

TEST(SimNetwork, reads_and_segments_come_in_pieces) {
    SimLoop loop;
    SimNetworkOptions options;
    options.segment_max = 10;
    SimNetwork network(loop, options);
    Pair pair = make_pair(loop, network);
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.client, std::string(200, 'x'))));
    pair.client->close();
    const auto received = loop.run_until_done(read_to_end(*pair.server));
    EXPECT_EQ(received.text, std::string(200, 'x'));
    EXPECT_EQ(received.error, 0);
    EXPECT_GT(received.reads, 20u);
}

TEST(SimNetwork, separated_machines_hear_nothing_until_healed) {
    SimLoop loop;
    SimNetwork network(loop);
    Pair pair = make_pair(loop, network);
    network.separate("b", "a");
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.client, "hello")));
    pair.client->close();
    TaskGroup group(loop.executor(), loop.clock());
    ReadOutcome outcome;
    auto collect = [](Stream& stream, ReadOutcome& into) -> Task<void> {
        into = co_await read_to_end(stream);
    };
    group.spawn(collect(*pair.server, outcome));
    loop.run_for(seconds(100));
    EXPECT_EQ(outcome.text, "");
    EXPECT_EQ(group.size(), 1u);
    EXPECT_EQ(loop.run_until_done(connect_error(network.host("a"), "b", 1)), ETIMEDOUT);
    network.heal("a", "b");
    EXPECT_TRUE(loop.run_until_done(group.stop(loop.clock().after(seconds(1)))));
    EXPECT_EQ(outcome.text, "hello");
    EXPECT_EQ(loop.run_until_done(connect_error(network.host("a"), "b", 1)), ECONNREFUSED);
}

TEST(SimNetwork, N07_a_failed_accept_leaves_the_connection_waiting) {
    SimLoop loop;
    SimNetwork network(loop);
    const auto acceptor = *network.host("b").listen({"", 9092});
    EXPECT_EQ(acceptor->port(), 9092);
    const auto client = loop.run_until_done(connect_to(network.host("a"), "b", 9092));
    ASSERT_TRUE(client);
    network.fail_accepts(EMFILE, 2);
    for (int i = 0; i < 2; ++i) {
        const auto failed = loop.run_until_done(acceptor->accept());
        ASSERT_FALSE(failed.has_value());
        EXPECT_EQ(failed.error().os_error, EMFILE);
    }
    const auto accepted = loop.run_until_done(acceptor->accept());
    ASSERT_TRUE(accepted.has_value());
    EXPECT_EQ((*accepted)->peer().host, "a");
    EXPECT_EQ(network.open_connections(), 1u);
}

TEST(SimNetwork, reset_all_ends_connections_after_what_had_arrived) {
    SimLoop loop;
    SimNetwork network(loop);
    Pair pair = make_pair(loop, network);
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.client, "x")));
    loop.run_for(seconds(1));
    ASSERT_TRUE(loop.run_until_done(write_text(*pair.client, "lost")));
    network.reset_all();
    const auto received = loop.run_until_done(read_to_end(*pair.server));
    EXPECT_EQ(received.text, "x");
    EXPECT_EQ(received.error, ECONNRESET);
    EXPECT_FALSE(loop.run_until_done(write_text(*pair.client, "y")).has_value());
}

TEST(SimNetwork, local_names_are_the_machine_itself) {
    SimLoop loop;
    SimNetwork network(loop);
    const auto acceptor = *network.host("a").listen({"0.0.0.0", 7});
    for (const char* name : {"localhost", "127.0.0.1", "", "a"})
        EXPECT_TRUE(loop.run_until_done(connect_to(network.host("a"), name, 7))) << name;
    EXPECT_EQ(loop.run_until_done(connect_error(network.host("b"), "localhost", 7)), ECONNREFUSED);
}

Task<void> echo(Stream& stream) {
    std::array<uint8_t, 512> buffer;
    while (true) {
        const auto count = co_await stream.read_some(buffer);
        if (!count || *count == 0) co_return;
        const Bytes part = Bytes(buffer).first(*count);
        if (!co_await stream.write(std::span(&part, 1))) co_return;
    }
}
Task<void> talk(SimLoop& loop, Stream& stream, std::vector<int>& order, int name) {
    std::array<uint8_t, 512> buffer;
    for (int i = 0; i < 30; ++i) {
        if (!co_await write_text(stream, "some words to and fro")) co_return;
        const auto count = co_await stream.read_some(buffer);
        if (!count || *count == 0) co_return;
        order.push_back(name);
    }
    stream.close();
}

// Four conversations under losses; gives the order in which answers came, and the hash of the run.
std::pair<std::vector<int>, uint64_t> conversations(uint64_t seed) {
    SimLoop loop(seed);
    SimNetworkOptions options;
    options.reset_one_in = 150;
    SimNetwork network(loop, options);
    std::vector<Pair> pairs;
    for (int i = 0; i < 4; ++i) pairs.push_back(make_pair(loop, network));
    std::vector<int> order;
    TaskGroup group(loop.executor(), loop.clock());
    for (int i = 0; i < 4; ++i) {
        group.spawn(echo(*pairs[i].server));
        group.spawn(talk(loop, *pairs[i].client, order, i));
    }
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(1000))));
    return {order, loop.trace().hash()};
}

TEST(SimNetwork, the_same_seed_gives_the_same_run) {
    std::set<std::vector<int>> orders;
    bool lost = false;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const auto once = conversations(seed);
        EXPECT_EQ(once, conversations(seed));
        orders.insert(once.first);
        lost = lost || once.first.size() < 120;
    }
    EXPECT_EQ(orders.size(), 20u) << "connections overtake each other in another way each time";
    EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace barnabas
