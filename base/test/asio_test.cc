// SPDX-License-Identifier: Apache-2.0
// What only the real clock and the real network have: time that passes by itself, descriptors that
// run out, address families.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/eager_stream.h"
#include "base/task_group.h"
#include "base/test/network_worlds.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<void> sleep_twice(Clock& clock, Nanos& slept) {
    const Nanos start = clock.now();
    co_await clock.sleep(milliseconds(20));
    co_await clock.sleep(milliseconds(10));
    slept = clock.now() - start;
}

TEST(AsioClock, sleeps_at_least_as_long_as_asked) {
    RealNetworkWorld world;
    Nanos slept{0};
    world.run(sleep_twice(world.clock(), slept));
    EXPECT_GE(slept, milliseconds(30));
    EXPECT_LT(slept, seconds(5));
}

Task<void> order_of_timers(Clock& clock, std::string& order) {
    auto note = [&order](char c) { return [&order, c] { order += c; }; };
    const Nanos start = clock.now();
    clock.call_at(start + milliseconds(30), note('d'));
    clock.call_at(start + milliseconds(10), note('b'));
    const auto never = clock.call_at(start + milliseconds(15), note('x'));
    clock.call_at(start + milliseconds(20), note('c'));
    clock.call_at(start - seconds(1), note('a'));
    EXPECT_EQ(order, "") << "never inline";
    EXPECT_TRUE(clock.cancel(never));
    EXPECT_FALSE(clock.cancel(never));
    co_await clock.sleep(milliseconds(50));
}

TEST(AsioClock, timers_fire_in_order_and_cancelled_ones_never) {
    RealNetworkWorld world;
    std::string order;
    world.run(order_of_timers(world.clock(), order));
    EXPECT_EQ(order, "abcd");
}

TEST(AsioClock, a_callback_may_cancel_the_next_one_and_add_more) {
    boost::asio::io_context io(1);
    AsioClock clock(io);
    std::string order;
    Clock::TimerId second = 0;
    const Nanos due = clock.after(milliseconds(5));
    auto first = [&] {
        order += '1';
        EXPECT_TRUE(clock.cancel(second));
        auto last = [&order, &io] {
            order += '3';
            io.stop();
        };
        clock.call_at(Nanos(0), last);
    };
    clock.call_at(due, first);
    second = clock.call_at(due, [&order] { order += '2'; });
    io.run();
    EXPECT_EQ(order, "13");
}

TEST(AsioClock, may_go_away_with_timers_pending) {
    boost::asio::io_context io(1);
    {
        AsioClock clock(io);
        clock.call_at(clock.after(milliseconds(1)), [] { FAIL(); });
        ::usleep(3000);
    }
    io.run_for(milliseconds(20));
}

TEST(AsioClock, wall_time_is_the_machines) {
    boost::asio::io_context io(1);
    const AsioClock clock(io);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const int64_t ms = std::chrono::duration_cast<milliseconds>(now).count();
    EXPECT_NEAR(static_cast<double>(clock.wall_ms()), static_cast<double>(ms), 60'000.0);
}

// Uses up the process's descriptors, and frees them at the end.
class NoDescriptorsLeft {
  public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = 256;
        ::setrlimit(RLIMIT_NOFILE, &low);
        while (true) {
            const int descriptor = ::open("/dev/null", O_RDONLY);
            if (descriptor < 0) break;
            held_.push_back(descriptor);
        }
        EXPECT_EQ(errno, EMFILE);
    }
    ~NoDescriptorsLeft() {
        for (const int descriptor : held_) ::close(descriptor);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }
    void free_one() {
        ::close(held_.back());
        held_.pop_back();
    }

  private:
    rlimit before_{};
    std::vector<int> held_;
};

Task<void> accept_without_descriptors(RealNetworkWorld& world) {
    const Endpoint anywhere{"127.0.0.1", 0};
    const auto acceptor = *world.server().listen(anywhere);
    const Endpoint there{"127.0.0.1", acceptor->port()};
    // Once with descriptors: sanitizers need some when they see a type for the first time.
    const auto before = co_await world.client().connect(there);
    EXPECT_TRUE((co_await acceptor->accept()).has_value());
    NoDescriptorsLeft none;
    none.free_one();
    const auto client = co_await world.client().connect(there);
    EXPECT_TRUE(client.has_value());
    const auto failed = co_await acceptor->accept();
    EXPECT_FALSE(failed.has_value());
    if (!failed) EXPECT_EQ(failed.error().os_error, EMFILE);
    none.free_one();
    const auto accepted = co_await acceptor->accept();
    EXPECT_TRUE(accepted.has_value()) << "the connection waited in the kernel's queue";
}
TEST(AsioNetwork, N07_out_of_descriptors_is_an_error_of_accept) {
    RealNetworkWorld world;
    world.run(accept_without_descriptors(world));
}

Task<void> connect_by(RealNetworkWorld& world, std::string listen_host, std::string connect_host,
                      std::string seen_as) {
    const Endpoint at{listen_host, 0};
    const auto acceptor = world.server().listen(at);
    EXPECT_TRUE(acceptor.has_value());
    if (!acceptor) co_return;
    const Endpoint there{connect_host, (*acceptor)->port()};
    const auto client = co_await world.client().connect(there);
    EXPECT_TRUE(client.has_value()) << connect_host;
    if (!client) co_return;
    const auto server = co_await (*acceptor)->accept();
    EXPECT_TRUE(server.has_value());
    if (server) EXPECT_EQ((*server)->peer().host, seen_as);
}
TEST(AsioNetwork, listens_on_both_families) {
    RealNetworkWorld world;
    const bool has_ipv6 = world.server().listen({"::1", 0}).has_value();
    world.run(connect_by(world, "", "127.0.0.1", "127.0.0.1"));
    world.run(connect_by(world, "localhost", "127.0.0.1", "127.0.0.1"));
    world.run(connect_by(world, "localhost", "localhost", "127.0.0.1"));
    if (!has_ipv6) GTEST_SKIP() << "no IPv6 here";
    world.run(connect_by(world, "", "::1", "::1"));
    world.run(connect_by(world, "::1", "::1", "::1"));
}

Task<void> read_into(Stream& stream, std::vector<uint8_t>& buffer, Result<size_t>& outcome) {
    outcome = co_await stream.read_some(buffer);
}
Task<void> wait_without_a_buffer(RealNetworkWorld& world) {
    const Endpoint anywhere{"127.0.0.1", 0};
    const auto acceptor = *world.server().listen(anywhere);
    const Endpoint there{"127.0.0.1", acceptor->port()};
    const auto client = *co_await world.client().connect(there);
    const auto server = *co_await acceptor->accept();
    auto* const eager = dynamic_cast<EagerStream*>(server.get());
    EXPECT_NE(eager, nullptr);
    if (eager == nullptr) co_return;

    std::vector<uint8_t> buffer(10);
    Result<size_t> outcome = size_t{99};
    TaskGroup reading(world.executor(), world.clock());
    reading.spawn(read_into(*server, buffer, outcome));
    eager->stop_waiting();
    EXPECT_TRUE(co_await reading.stop(world.clock().after(seconds(5))));
    EXPECT_FALSE(outcome.has_value());

    int calls = 0;
    const auto count = [&calls] { ++calls; };
    eager->when_readable(count);
    EXPECT_EQ(calls, 0) << "never inline";
    co_await world.clock().sleep(milliseconds(20));
    EXPECT_EQ(calls, 0) << "nothing came";
    const std::vector<uint8_t> bytes{1, 2, 3};
    const Bytes part(bytes);
    const auto written = co_await client->write(std::span(&part, 1));
    EXPECT_TRUE(written.has_value());
    while (calls == 0) co_await world.clock().sleep(milliseconds(1));
    // What is there already is seen as well.
    eager->when_readable(count);
    while (calls == 1) co_await world.clock().sleep(milliseconds(1));
    const auto read = co_await server->read_some(buffer);
    EXPECT_EQ(read.value_or(0), 3u);

    eager->when_readable(count);
    server->close();
    co_await world.clock().sleep(milliseconds(1));
    EXPECT_EQ(calls, 3) << "closing ends the wait";
}
TEST(AsioStream, waits_without_a_buffer) {
    RealNetworkWorld world;
    world.run(wait_without_a_buffer(world));
}

Task<void> connect_to_no_name(RealNetworkWorld& world) {
    const Endpoint nowhere{"no-such-host.invalid", 1};
    const auto connected = co_await world.client().connect(nowhere);
    EXPECT_FALSE(connected.has_value());
}
TEST(AsioNetwork, unknown_names_are_errors) {
    RealNetworkWorld world;
    world.run(connect_to_no_name(world));
    EXPECT_FALSE(world.server().listen({"no-such-host.invalid", 1}).has_value());
    EXPECT_FALSE(world.server().listen({"192.0.2.1", 0}).has_value()) << "not an address of ours";
}

}  // namespace
}  // namespace barnabas
