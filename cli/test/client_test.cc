// SPDX-License-Identifier: Apache-2.0
// The client against a server on the loopback interface that answers from a script: versions,
// errors that name the address, time limits.
#include "cli/client/client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <thread>

#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_cluster.h"

namespace barnabas::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// One connection after another; each frame goes to `answer`, which gives a frame or nothing (then
// the server is silent until the client goes).
class Server {
  public:
    using Answer = std::function<std::vector<uint8_t>(const protocol::ParsedRequest&)>;

    explicit Server(Answer answer)
        : answer_(std::move(answer)),
          acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          thread_([this] { serve(); }) {}
    ~Server() {
        boost::system::error_code ignored;
        tcp::socket last(io_);
        stopping_ = true;
        last.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    std::vector<Address> address() const {
        return {{"127.0.0.1", acceptor_.local_endpoint().port()}};
    }

  private:
    void serve() {
        while (true) {
            boost::system::error_code error;
            tcp::socket socket(io_);
            acceptor_.accept(socket, error);
            if (stopping_ || error) return;
            while (serve_one(socket)) {
            }
        }
    }
    bool serve_one(tcp::socket& socket) {
        boost::system::error_code error;
        std::array<uint8_t, 4> prefix{};
        asio::read(socket, asio::buffer(prefix), error);
        if (error) return false;
        std::vector<uint8_t> frame(static_cast<size_t>(load_be<int32_t>(prefix.data())));
        asio::read(socket, asio::buffer(frame), error);
        if (error) return false;
        const auto request = protocol::parse_request(Bytes(frame));
        const auto answer = answer_(*request);
        if (answer.empty()) return true;
        asio::write(socket, asio::buffer(answer), error);
        return !error;
    }

    Answer answer_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

std::vector<uint8_t> versions(const protocol::ParsedRequest& request, int16_t highest) {
    protocol::ApiVersionsResponse response;
    int16_t version = request.header.request_api_version;
    if (version > highest) {
        response.error_code = ErrorCode::unsupported_version;
        version = 0;
    }
    for (const int16_t key : {int16_t{18}, int16_t{60}}) {
        auto& api = response.api_keys.emplace_back();
        api.api_key = key;
        api.max_version = 1;
    }
    return protocol::encode_response(request.header.correlation_id, response, version).bytes;
}

std::vector<uint8_t> cluster(const protocol::ParsedRequest& request) {
    EXPECT_EQ(request.header.request_api_version, 1);
    protocol::DescribeClusterResponse response;
    response.cluster_id = "the-id";
    return protocol::encode_response(request.header.correlation_id, response, 1).bytes;
}

ClientOptions once(std::vector<Address> bootstrap) {
    ClientOptions options;
    options.bootstrap = std::move(bootstrap);
    options.patience = Nanos::zero();
    options.request_timeout = std::chrono::seconds(30);
    return options;
}

std::string failure_of(Client& client) {
    try {
        client.ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
    } catch (const Failure& failure) {
        return failure.text();
    }
    return "";
}

TEST(Client, takes_the_highest_version_of_both) {
    for (const int16_t highest : {int16_t{4}, int16_t{0}}) {
        Server server([&](const protocol::ParsedRequest& request) {
            return request.header.request_api_key == 18 ? versions(request, highest)
                                                        : cluster(request);
        });
        Client client(once(server.address()));
        const auto answer =
            client.ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{});
        EXPECT_EQ(answer.cluster_id, "the-id");
        EXPECT_THROW(client.metadata(), Failure);  // it has no Metadata
    }
}

TEST(Client, tries_the_next_address_and_names_the_one_that_fails) {
    Address closed{"127.0.0.1", 0};
    {
        Server gone([](const auto&) { return std::vector<uint8_t>(); });
        closed = gone.address().front();
    }
    Server server([&](const protocol::ParsedRequest& request) {
        return request.header.request_api_key == 18 ? versions(request, 4) : cluster(request);
    });
    Client two(once({closed, server.address().front()}));
    EXPECT_EQ(failure_of(two), "");
    Client one(once({closed}));
    EXPECT_NE(failure_of(one).find(closed.str()), std::string::npos);
}

TEST(Client, a_silent_server_ends_in_a_timeout) {
    Server server([](const auto&) { return std::vector<uint8_t>(); });
    auto options = once(server.address());
    options.request_timeout = std::chrono::milliseconds(50);
    Client client(std::move(options));
    EXPECT_NE(failure_of(client).find("no answer for"), std::string::npos);
}

TEST(Client, something_else_listens_there) {
    Server server([](const auto&) {
        const std::string_view text = "HTTP/1.1 400 Bad Request\r\n\r\n";
        return std::vector<uint8_t>(text.begin(), text.end());
    });
    Client client(once(server.address()));
    EXPECT_NE(failure_of(client).find("does not speak Kafka's protocol"), std::string::npos);
}

}  // namespace
}  // namespace barnabas::cli
