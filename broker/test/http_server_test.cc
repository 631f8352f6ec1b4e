// SPDX-License-Identifier: Apache-2.0
// Tests of the HTTP server over a simulated network: answers, refusals, and its bounds.
#include "broker/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/sim/sim_loop.h"
#include "base/sim/sim_network.h"

namespace barnabas::broker {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Task<HttpResponse> echo_path(HttpRequest request) {
    HttpResponse response;
    response.body = "path " + request.path;
    co_return response;
}

Task<std::unique_ptr<Stream>> connect_to(Network& network, uint16_t port) {
    const Endpoint there{"server", port};
    auto connected = co_await network.connect(there);
    if (!connected) co_return nullptr;
    co_return std::move(*connected);
}

Task<void> write_text(Stream& stream, std::string text) {
    const std::array<Bytes, 1> part{as_bytes(text)};
    const auto written = co_await stream.write(part);
    (void)written;
}

Task<std::string> read_all(Stream& stream) {
    std::string all;
    std::array<uint8_t, 512> buffer{};
    while (true) {
        const auto size = co_await stream.read_some(MutableBytes(buffer));
        if (!size || *size == 0) co_return all;
        all += as_text(Bytes(buffer).first(*size));
    }
}

class HttpServerTest : public testing::Test {
  protected:
    explicit HttpServerTest(HttpLimits limits = {})
        : server_(loop_.executor(), loop_.clock(), echo_path, limits) {
        const Endpoint at{"", 9644};
        port_ = *server_.bind(network_.host("server"), at);
        server_.start();
    }
    ~HttpServerTest() override { loop_.run_until_done(server_.stop(loop_.clock().now())); }

    std::unique_ptr<Stream> connect() {
        return loop_.run_until_done(connect_to(network_.host("client"), port_));
    }
    std::string ask(std::string text) {
        auto stream = connect();
        loop_.run_until_done(write_text(*stream, std::move(text)));
        return loop_.run_until_done(read_all(*stream));
    }

    SimLoop loop_{5};
    SimNetwork network_{loop_};
    HttpServer server_;
    uint16_t port_ = 0;
};

TEST_F(HttpServerTest, answers_get_without_the_query_and_closes) {
    const auto answer = ask("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\npath /a/b"));
    EXPECT_EQ(server_.connections(), 0u);
}

TEST_F(HttpServerTest, head_has_no_body) {
    const auto answer = ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, a_request_may_come_byte_by_byte) {
    auto stream = connect();
    for (const char c : std::string("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")) {
        loop_.run_until_done(write_text(*stream, std::string(1, c)));
        loop_.run_for(std::chrono::milliseconds(20));
    }
    EXPECT_THAT(loop_.run_until_done(read_all(*stream)), EndsWith("path /x"));
}

TEST_F(HttpServerTest, refuses_what_it_does_not_serve) {
    EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
                testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD")));
    EXPECT_THAT(ask("\x16\x03\x01 this is TLS\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, a_silent_client_is_closed_at_the_deadline) {
    auto silent = connect();
    loop_.run_for(std::chrono::seconds(14));
    EXPECT_EQ(server_.connections(), 1u);
    loop_.run_for(std::chrono::seconds(3));
    EXPECT_EQ(server_.connections(), 0u);
    EXPECT_EQ(loop_.run_until_done(read_all(*silent)), "");
}

TEST_F(HttpServerTest, too_many_connections_are_closed_others_go_on) {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 40; ++i) streams.push_back(connect());
    loop_.run_for(std::chrono::milliseconds(100));
    EXPECT_EQ(server_.connections(), 32u);
    streams.erase(streams.begin(), streams.begin() + 5);
    streams.clear();
    loop_.run_for(std::chrono::seconds(1));
    EXPECT_THAT(ask("GET /y HTTP/1.1\r\n\r\n"), EndsWith("path /y"));
}

}  // namespace
}  // namespace barnabas::broker
