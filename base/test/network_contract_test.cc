// SPDX-License-Identifier: Apache-2.0
// What every Network promises, asked of real sockets and of simulated ones with the same words.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/task_group.h"
#include "base/test/network_worlds.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class World>
class NetworkContract : public ::testing::Test {
  protected:
    World world_;
};
using Worlds = ::testing::Types<RealNetworkWorld, SimNetworkWorld>;
TYPED_TEST_SUITE(NetworkContract, Worlds);

// Both ends of a new connection.
struct Ends {
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};
Task<void> accept_into(Acceptor& acceptor, std::unique_ptr<Stream>& stream) {
    auto accepted = co_await acceptor.accept();
    EXPECT_TRUE(accepted.has_value());
    if (accepted) stream = std::move(*accepted);
}
template <class World>
Task<Ends> connect_ends(World& world) {
    Ends ends;
    const Endpoint anywhere{world.server_host(), 0};
    ends.acceptor = *world.server().listen(anywhere);
    TaskGroup group(world.executor(), world.clock());
    group.spawn(accept_into(*ends.acceptor, ends.server));
    const Endpoint there{world.server_host(), ends.acceptor->port()};
    ends.client = *co_await world.client().connect(there);
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
    EXPECT_TRUE(ends.server);
    co_return ends;
}

Task<Result<void>> write_bytes(Stream& stream, Bytes bytes) {
    co_return co_await stream.write(std::span(&bytes, 1));
}
// Everything up to the end or to an error, which is put into `error`.
Task<std::vector<uint8_t>> read_all(Stream& stream, int* error = nullptr) {
    std::vector<uint8_t> all;
    std::vector<uint8_t> buffer(10'000);
    while (true) {
        const auto count = co_await stream.read_some(buffer);
        if (!count && error != nullptr) *error = count.error().os_error;
        if (!count) EXPECT_EQ(count.error().code, ErrorCode::network_exception);
        if (!count || *count == 0) break;
        all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(*count));
    }
    co_return all;
}

std::vector<uint8_t> random_bytes(size_t size) {
    std::vector<uint8_t> bytes(size);
    Random(size).fill(bytes);
    return bytes;
}

Task<void> send_and_close(Stream& stream, const std::vector<uint8_t>& bytes) {
    Random random(1);
    const Bytes whole(bytes);
    size_t at = 0;
    while (at < whole.size()) {
        std::vector<Bytes> parts;
        for (int i = 0; i < 5; ++i) {
            const size_t count = std::min<size_t>(random.below(40'000), whole.size() - at);
            parts.push_back(whole.subspan(at, count));
            at += count;
        }
        const auto written = co_await stream.write(parts);
        EXPECT_TRUE(written.has_value());
    }
    stream.close();
}

template <class World>
Task<void> transfer(World& world) {
    Ends ends = co_await connect_ends(world);
    const auto sent = random_bytes(3'000'000);
    TaskGroup group(world.executor(), world.clock());
    group.spawn(send_and_close(*ends.client, sent));
    const auto received = co_await read_all(*ends.server);
    EXPECT_EQ(received, sent);
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
}
TYPED_TEST(NetworkContract, bytes_arrive_whole_and_in_order_then_the_end) {
    this->world_.run(transfer(this->world_));
}

template <class World>
Task<void> send_file_ranges(World& world) {
    Ends ends = co_await connect_ends(world);
    const auto content = random_bytes(2'500'000);
    const auto file = *world.disk().open(world.file_path(), OpenMode::create_or_open);
    const Bytes whole(content);
    EXPECT_TRUE(file->write_at(0, std::span(&whole, 1)));
    TaskGroup group(world.executor(), world.clock());
    std::vector<uint8_t> received;
    auto collect = [](Stream& stream, std::vector<uint8_t>& into) -> Task<void> {
        into = co_await read_all(stream);
    };
    group.spawn(collect(*ends.server, received));
    const FileRange first{file, 1000, 2'000'000};
    const FileRange second{file, 0, 10};
    EXPECT_TRUE((co_await ends.client->send_file(first)).has_value());
    EXPECT_TRUE((co_await ends.client->send_file(second)).has_value());
    const FileRange beyond{file, content.size() - 5, 6};
    const auto failed = co_await ends.client->send_file(beyond);
    EXPECT_FALSE(failed.has_value());
    if (!failed) EXPECT_EQ(failed.error().code, ErrorCode::kafka_storage_error);
    ends.client->close();
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
    EXPECT_EQ(received.size(), 2'000'000u + 10 + 5);
    EXPECT_TRUE(equal(Bytes(received).first(2'000'000), whole.subspan(1000, 2'000'000)));
    EXPECT_TRUE(equal(Bytes(received).subspan(2'000'000, 10), whole.first(10)));
}
TYPED_TEST(NetworkContract, file_ranges_are_sent) {
    this->world_.run(send_file_ranges(this->world_));
}

Task<void> close_later(Clock& clock, Stream& stream) {
    co_await clock.sleep(milliseconds(20));
    stream.close();
    stream.close();
}
template <class World>
Task<void> close_under_read(World& world) {
    Ends ends = co_await connect_ends(world);
    TaskGroup group(world.executor(), world.clock());
    group.spawn(close_later(world.clock(), *ends.client));
    std::array<uint8_t, 8> into{};
    const auto pending = co_await ends.client->read_some(into);
    EXPECT_FALSE(pending.has_value());
    if (!pending) EXPECT_EQ(pending.error().os_error, ECANCELED);
    const auto after = co_await ends.client->read_some(into);
    EXPECT_FALSE(after.has_value());
    EXPECT_FALSE((co_await write_bytes(*ends.client, as_bytes("x"))).has_value());
    EXPECT_EQ((co_await read_all(*ends.server)).size(), 0u);
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
}
TYPED_TEST(NetworkContract, N08_close_ends_a_pending_read) {
    this->world_.run(close_under_read(this->world_));
}

// The stream goes away while its read waits, as when a connection object is dropped.
template <class World>
Task<void> destroy_under_read(World& world) {
    Ends ends = co_await connect_ends(world);
    TaskGroup group(world.executor(), world.clock());
    std::array<uint8_t, 8> into{};
    int error = 0;
    auto read_once = [](Stream& stream, MutableBytes buffer, int& found) -> Task<void> {
        const auto count = co_await stream.read_some(buffer);
        found = count ? 0 : count.error().os_error;
    };
    group.spawn(read_once(*ends.client, into, error));
    co_await world.clock().sleep(milliseconds(5));
    ends.client.reset();
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
    EXPECT_EQ(error, ECANCELED);
}
TYPED_TEST(NetworkContract, N08_a_stream_may_go_away_under_its_read) {
    this->world_.run(destroy_under_read(this->world_));
}

template <class World>
Task<void> write_to_nobody(World& world) {
    Ends ends = co_await connect_ends(world);
    const auto file = *world.disk().open(world.file_path(), OpenMode::create_or_open);
    const Bytes content = as_bytes("0123456789");
    EXPECT_TRUE(file->write_at(0, std::span(&content, 1)));
    ends.server->close();
    bool write_failed = false;
    bool send_failed = false;
    for (int i = 0; i < 50 && !(write_failed && send_failed); ++i) {
        co_await world.clock().sleep(milliseconds(5));
        if (!co_await write_bytes(*ends.client, as_bytes("anybody?"))) write_failed = true;
        const FileRange range{file, 0, 10};
        if (!co_await ends.client->send_file(range)) send_failed = true;
    }
    EXPECT_TRUE(write_failed);
    EXPECT_TRUE(send_failed);
}
TYPED_TEST(NetworkContract, N09_writing_to_a_closed_peer_is_an_error_not_a_signal) {
    this->world_.run(write_to_nobody(this->world_));
}

template <class World>
Task<void> write_without_reader(World& world) {
    Ends ends = co_await connect_ends(world);
    const auto bytes = random_bytes(64 << 20);
    TaskGroup group(world.executor(), world.clock());
    group.spawn(close_later(world.clock(), *ends.client));
    const auto written = co_await write_bytes(*ends.client, bytes);
    EXPECT_FALSE(written.has_value());
    if (!written) EXPECT_EQ(written.error().os_error, ECANCELED);
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
}
TYPED_TEST(NetworkContract, N04_a_write_waits_for_the_reader_until_closed) {
    this->world_.run(write_without_reader(this->world_));
}

template <class World>
Task<void> close_with_unread_bytes(World& world) {
    Ends ends = co_await connect_ends(world);
    EXPECT_TRUE((co_await write_bytes(*ends.client, as_bytes("never read"))).has_value());
    co_await world.clock().sleep(milliseconds(20));
    ends.server->close();
    int error = 0;
    EXPECT_TRUE((co_await read_all(*ends.client, &error)).empty());
    // Which of the two is a race in the kernel.
    EXPECT_TRUE(error == 0 || error == ECONNRESET);
}
TYPED_TEST(NetworkContract, closing_with_unread_bytes_ends_the_peer) {
    this->world_.run(close_with_unread_bytes(this->world_));
}

template <class World>
Task<void> refuse(World& world) {
    Ends ends = co_await connect_ends(world);
    const Endpoint taken{world.server_host(), ends.acceptor->port()};
    const auto again = world.server().listen(taken);
    EXPECT_FALSE(again.has_value());
    if (!again) EXPECT_EQ(again.error().os_error, EADDRINUSE);
    ends.acceptor->close();
    const auto accepted = co_await ends.acceptor->accept();
    EXPECT_FALSE(accepted.has_value());
    const auto connected = co_await world.client().connect(taken);
    EXPECT_FALSE(connected.has_value());
    if (!connected) EXPECT_EQ(connected.error().os_error, ECONNREFUSED);
}
TYPED_TEST(NetworkContract, taken_and_closed_ports) {
    this->world_.run(refuse(this->world_));
}

Task<void> close_acceptor_later(Clock& clock, Acceptor& acceptor) {
    co_await clock.sleep(milliseconds(5));
    acceptor.close();
}
template <class World>
Task<void> close_under_accept(World& world) {
    const Endpoint anywhere{world.server_host(), 0};
    const auto acceptor = *world.server().listen(anywhere);
    EXPECT_NE(acceptor->port(), 0);
    TaskGroup group(world.executor(), world.clock());
    group.spawn(close_acceptor_later(world.clock(), *acceptor));
    const auto accepted = co_await acceptor->accept();
    EXPECT_FALSE(accepted.has_value());
    if (!accepted) EXPECT_EQ(accepted.error().os_error, ECANCELED);
    EXPECT_TRUE(co_await group.stop(world.clock().after(seconds(5))));
}
TYPED_TEST(NetworkContract, close_ends_a_pending_accept) {
    this->world_.run(close_under_accept(this->world_));
}

template <class World>
Task<void> peers(World& world) {
    Ends ends = co_await connect_ends(world);
    EXPECT_EQ(ends.client->peer().port, ends.acceptor->port());
    EXPECT_EQ(ends.client->peer().host, world.server_host());
    EXPECT_NE(ends.server->peer().port, 0);
    ends.server->close();
    EXPECT_NE(ends.server->peer().port, 0) << "known after the end, for the log";
}
TYPED_TEST(NetworkContract, both_ends_know_their_peer) {
    this->world_.run(peers(this->world_));
}

}  // namespace
}  // namespace barnabas
