// SPDX-License-Identifier: Apache-2.0
// See connection.h.
#include "cli/client/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "cli/client/failure.h"
#include "protocol/message.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::cli {

namespace {

namespace asio = boost::asio;

// Larger than what any broker is asked for here: fetches are limited to far less.
constexpr int32_t answer_bytes_max = 512 << 20;

double seconds(Nanos time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

struct Connection::Wire {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
};

Connection::~Connection() = default;

Connection::Connection(Address address, Nanos timeout, SocketBuffers buffers)
    : address_(std::move(address)), wire_(std::make_unique<Wire>()) {
    connect(timeout, buffers);
    ask_versions(timeout);
}

template <class Start>
void Connection::run(Start start, const char* what, Nanos timeout) {
    std::optional<boost::system::error_code> done;
    start([&done](const boost::system::error_code& error, auto&&...) { done = error; });
    wire_->io.restart();
    wire_->io.run_for(timeout);
    if (done && !*done) return;
    broken_ = true;
    boost::system::error_code ignored;
    wire_->socket.close(ignored);
    if (done)
        throw Failure(ErrorCode::network_exception,
                      fmt::format("{} {}: {}", what, address_.str(), done->message()));
    // The aborted operation refers to `done`: let it end before that goes away.
    wire_->io.restart();
    wire_->io.run();
    throw Failure(ErrorCode::request_timed_out, fmt::format("{} {}: no answer for {:.1f} s", what,
                                                            address_.str(), seconds(timeout)));
}

void Connection::connect(Nanos timeout, SocketBuffers buffers) {
    asio::ip::tcp::resolver resolver(wire_->io);
    boost::system::error_code error;
    const auto found = resolver.resolve(address_.host, std::to_string(address_.port), error);
    if (error)
        throw Failure(ErrorCode::network_exception,
                      fmt::format("Cannot find {}: {}", address_.host, error.message()));
    run([&](auto done) { asio::async_connect(wire_->socket, found, std::move(done)); },
        "Cannot connect to", timeout);
    wire_->socket.set_option(asio::ip::tcp::no_delay(true), error);
    using Socket = asio::socket_base;
    if (buffers.receive_bytes > 0)
        wire_->socket.set_option(Socket::receive_buffer_size(buffers.receive_bytes), error);
    if (buffers.send_bytes > 0)
        wire_->socket.set_option(Socket::send_buffer_size(buffers.send_bytes), error);
}

void Connection::read_exactly(MutableBytes into, Nanos timeout) {
    run(
        [&](auto done) {
            asio::async_read(wire_->socket, asio::buffer(into.data(), into.size()),
                             std::move(done));
        },
        "No answer from", timeout);
}

void Connection::send(Bytes frame, Nanos timeout) {
    run(
        [&](auto done) {
            asio::async_write(wire_->socket, asio::buffer(frame.data(), frame.size()),
                              std::move(done));
        },
        "Cannot write to", timeout);
}

std::vector<uint8_t> Connection::exchange(Bytes frame, Nanos timeout) {
    send(frame, timeout);
    std::array<uint8_t, 4> prefix{};
    read_exactly(prefix, timeout);
    const auto size = load_be<int32_t>(prefix.data());
    if (size < 4 || size > answer_bytes_max) {
        broken_ = true;
        throw Failure(ErrorCode::corrupt_message,
                      fmt::format("{} does not speak Kafka's protocol in plain text: its answer "
                                  "would have {} bytes",
                                  address_.str(), size));
    }
    std::vector<uint8_t> answer(static_cast<size_t>(size));
    read_exactly(answer, timeout);
    return answer;
}

void Connection::ask_versions(Nanos timeout) {
    // An old broker answers version 4 in the form of version 0, with the error that says so.
    for (int16_t version : {int16_t{4}, int16_t{0}}) {
        protocol::ApiVersionsRequest request;
        request.client_software_name = "barnabas-cli";
        request.client_software_version = BARNABAS_VERSION;
        const auto frame =
            protocol::encode_request(next_correlation(), "barnabas-cli", request, version);
        const auto answer = exchange(frame.bytes, timeout);
        const bool refused = version > 0 && answer.size() >= 6 &&
                             load_be<int16_t>(answer.data() + 4) ==
                                 static_cast<int16_t>(ErrorCode::unsupported_version);
        if (refused) continue;
        const auto response = protocol::decode_message<protocol::ApiVersionsResponse>(
            Bytes(answer).subspan(4), version);
        if (!response || response->error_code != ErrorCode::none)
            throw Failure(ErrorCode::corrupt_message,
                          fmt::format("{} does not answer ApiVersions", address_.str()));
        for (const auto& api : response->api_keys)
            ranges_[api.api_key] = {api.min_version, api.max_version};
        return;
    }
}

}  // namespace barnabas::cli
