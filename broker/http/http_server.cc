// SPDX-License-Identifier: Apache-2.0
// See http_server.h. Beast parses the requests; streams are the broker's own, so that a simulated
// network can take their place.
#include "broker/http/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"

namespace barnabas::broker {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

constexpr Nanos watch_interval = std::chrono::seconds(1);
constexpr Nanos linger = std::chrono::milliseconds(500);
constexpr Nanos accept_pause = std::chrono::milliseconds(100);

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return "Error";
    }
}

std::string head_of(const HttpResponse& response) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n{}\r\n",
        response.status, reason(response.status), response.content_type, response.body.size(),
        response.status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

HttpResponse plain(int status, std::string_view text) {
    HttpResponse response;
    response.status = status;
    response.body = fmt::format("{}\n", text);
    return response;
}

// Reads on until the header is complete; a refusal if it is not one, nullopt if the peer has gone.
struct ReadHeader {
    std::optional<HttpResponse> refusal;
    bool gone = false;
};

// Where the parser is after more bytes: true when the header is complete.
bool feed(Parser& parser, std::string& pending, boost::system::error_code& error) {
    error = {};
    const auto used = parser.put(boost::asio::buffer(pending), error);
    pending.erase(0, used);
    if (error == http::error::need_more) error = {};
    return parser.is_header_done();
}

Task<ReadHeader> read_header(std::shared_ptr<Stream> stream, std::shared_ptr<Parser> parser,
                             size_t bytes_max) {
    std::string pending;
    std::array<uint8_t, 2048> buffer{};
    size_t taken = 0;
    while (true) {
        auto reading = stream->read_some(MutableBytes(buffer));
        const auto size = co_await std::move(reading);
        if (!size || *size == 0) co_return ReadHeader{.refusal = {}, .gone = true};
        taken += *size;
        pending.append(reinterpret_cast<const char*>(buffer.data()), *size);
        boost::system::error_code error;
        const bool done = feed(*parser, pending, error);
        if (error == http::error::header_limit || (!done && taken >= bytes_max))
            co_return ReadHeader{.refusal = plain(431, "the request is too long")};
        if (error) co_return ReadHeader{.refusal = plain(400, "this is not a request of HTTP/1.1")};
        if (done) co_return ReadHeader{};
    }
}

// A connection that is closed while its peer still sends is reset, and a reset destroys the answer
// on its way: whoever was refused in the middle may finish. The connection's deadline ends this.
Task<void> read_rest(std::shared_ptr<Stream> stream) {
    std::array<uint8_t, 2048> buffer{};
    while (true) {
        auto reading = stream->read_some(MutableBytes(buffer));
        const auto size = co_await std::move(reading);
        if (!size || *size == 0) co_return;
    }
}

}  // namespace

HttpServer::HttpServer(boost::asio::any_io_executor executor, Clock& clock, Page page,
                       HttpLimits limits)
    : clock_(clock),
      page_(std::move(page)),
      limits_(limits),
      stopped_(clock),
      tasks_(std::move(executor), clock) {}

Result<uint16_t> HttpServer::bind(Network& network, const Endpoint& at) {
    ASSERT(!acceptor_, "bound once");
    TRY_ASSIGN(acceptor_, network.listen(at));
    return acceptor_->port();
}

void HttpServer::start() {
    ASSERT(acceptor_, "bind() comes first");
    const bool started = tasks_.spawn(accept_clients()) && tasks_.spawn(watch_deadlines());
    ASSERT(started);
}

Task<void> HttpServer::stop(Nanos deadline) {
    stopping_ = true;
    if (acceptor_) acceptor_->close();
    for (auto& connection : open_) connection.stream->close();
    stopped_.notify_all();
    auto stopping = tasks_.stop(deadline);
    co_await std::move(stopping);
}

Task<void> HttpServer::accept_clients() {
    while (!stopping_) {
        auto accepting = acceptor_->accept();
        auto stream = co_await std::move(accepting);
        if (stopping_) break;
        if (!stream) {
            auto pausing = stopped_.wait_until(clock_.after(accept_pause));
            co_await std::move(pausing);
        } else if (open_.size() >= limits_.connections_max) {
            (*stream)->close();
        } else {
            open_.push_back({std::move(*stream), clock_.after(limits_.deadline)});
            tasks_.spawn(serve(std::prev(open_.end())));
        }
    }
}

Task<void> HttpServer::watch_deadlines() {
    while (!stopping_) {
        auto waiting = stopped_.wait_until(clock_.after(watch_interval));
        co_await std::move(waiting);
        for (auto& connection : open_)
            if (clock_.now() >= connection.deadline) connection.stream->close();
    }
}

Task<void> HttpServer::serve(std::list<Open>::iterator connection) {
    auto answering = answer(connection->stream);
    const bool all_read = co_await std::move(answering);
    if (!all_read) {
        connection->deadline = std::min(connection->deadline, clock_.after(linger));
        auto reading = read_rest(connection->stream);
        co_await std::move(reading);
    }
    connection->stream->close();
    open_.erase(connection);
}

Task<bool> HttpServer::answer(std::shared_ptr<Stream> stream) {
    auto parser = std::make_shared<Parser>();
    parser->header_limit(static_cast<uint32_t>(limits_.request_bytes_max));
    auto reading = read_header(stream, parser, limits_.request_bytes_max);
    auto header = co_await std::move(reading);
    if (header.gone) co_return true;
    HttpResponse response;
    bool body_wanted = true;
    if (header.refusal) {
        response = std::move(*header.refusal);
    } else {
        const auto method = parser->get().method();
        body_wanted = method != http::verb::head;
        if (method == http::verb::get || method == http::verb::head) {
            const auto target = parser->get().target();
            const std::string_view text(target.data(), target.size());
            HttpRequest request{std::string(text.substr(0, text.find('?')))};
            auto making = page_(std::move(request));
            response = co_await std::move(making);
        } else {
            response = plain(405, "only GET and HEAD are answered here");
        }
    }
    const std::string head = head_of(response);
    const std::array<Bytes, 2> parts{as_bytes(head),
                                     body_wanted ? as_bytes(response.body) : Bytes{}};
    auto writing = stream->write(parts);
    const auto written = co_await std::move(writing);
    if (!written) log_debug("http", "{}: {}", stream->peer().str(), written.error().where);
    co_return !header.refusal.has_value();
}

}  // namespace barnabas::broker
