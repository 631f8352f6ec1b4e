// SPDX-License-Identifier: Apache-2.0
// AsioNetwork: listening and connecting.
#include "base/asio/asio_network.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/asio/asio_stream.h"

namespace barnabas {
namespace {

using boost::asio::ip::tcp;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::chrono::seconds connect_timeout{10};

class AsioAcceptor final : public Acceptor {
  public:
    AsioAcceptor(tcp::acceptor acceptor, uint16_t port)
        : acceptor_(std::make_shared<tcp::acceptor>(std::move(acceptor))), port_(port) {}
    ~AsioAcceptor() override { close(); }

    // Out of descriptors is an Error (EMFILE); the connection stays in the kernel's queue
    // meanwhile.
    Task<Result<std::unique_ptr<Stream>>> accept() override {
        const auto acceptor = acceptor_;
        auto [error, socket] = co_await acceptor->async_accept(as_result);
        if (error) co_return network_error("accept", error);
        co_return std::make_unique<AsioStream>(std::move(socket));
    }
    uint16_t port() const override { return port_; }
    void close() override {
        boost::system::error_code ignored;
        acceptor_->close(ignored);
    }

  private:
    // Shared with a pending accept, which ends after close() on the loop's next turn.
    std::shared_ptr<tcp::acceptor> acceptor_;
    uint16_t port_;
};

Result<std::unique_ptr<Acceptor>> listen_at(boost::asio::io_context& io,
                                            const tcp::endpoint& endpoint) {
    tcp::acceptor acceptor(io);
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) return network_error("open listening socket", error);
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (error) return network_error("SO_REUSEADDR", error);
    if (endpoint.protocol() == tcp::v6()) {
        const bool any = endpoint.address().is_unspecified();
        acceptor.set_option(boost::asio::ip::v6_only(!any), error);
        if (error) return network_error("IPV6_V6ONLY", error);
    }
    acceptor.bind(endpoint, error);
    if (error) return network_error("bind", error);
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error) return network_error("listen", error);
    const auto bound = acceptor.local_endpoint(error);
    if (error) return network_error("getsockname", error);
    return std::make_unique<AsioAcceptor>(std::move(acceptor), bound.port());
}

// The first IPv4 address of the name, or its first address.
Result<tcp::endpoint> resolve_now(boost::asio::io_context& io, const Endpoint& at) {
    tcp::resolver resolver(io);
    boost::system::error_code error;
    const auto found =
        resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::numeric_service, error);
    if (error || found.empty()) return network_error("resolve", error);
    for (const auto& entry : found)
        if (entry.endpoint().protocol() == tcp::v4()) return entry.endpoint();
    return found.begin()->endpoint();
}

Task<boost::system::error_code> connect_to(std::shared_ptr<tcp::socket> socket,
                                           tcp::endpoint endpoint) {
    boost::asio::steady_timer timer(socket->get_executor(), connect_timeout);
    auto give_up = [socket](boost::system::error_code cancelled) {
        boost::system::error_code ignored;
        if (!cancelled) socket->close(ignored);
    };
    timer.async_wait(std::move(give_up));
    const auto [error] = co_await socket->async_connect(endpoint, as_result);
    // Without a cancelled timer the connection was given up, whatever the race's outcome.
    const bool in_time = timer.cancel() > 0;
    if (!in_time) co_return boost::asio::error::timed_out;
    co_return error;
}

}  // namespace

AsioNetwork::AsioNetwork(boost::asio::io_context& io) : io_(io) {
    std::signal(SIGPIPE, SIG_IGN);
}

Result<std::unique_ptr<Acceptor>> AsioNetwork::listen(const Endpoint& at) {
    if (!at.host.empty()) {
        TRY_ASSIGN(const tcp::endpoint endpoint, resolve_now(io_, at));
        return listen_at(io_, endpoint);
    }
    auto both = listen_at(io_, {tcp::v6(), at.port});
    // Machines without IPv6.
    if (!both && both.error().os_error == EAFNOSUPPORT) return listen_at(io_, {tcp::v4(), at.port});
    return both;
}

Task<Result<std::unique_ptr<Stream>>> AsioNetwork::connect(Endpoint to) {
    boost::asio::io_context& io = io_;
    tcp::resolver resolver(io);
    const std::string service = std::to_string(to.port);
    const auto [unresolved, found] = co_await resolver.async_resolve(to.host, service, as_result);
    if (unresolved) co_return network_error("resolve", unresolved);
    boost::system::error_code last = boost::asio::error::host_not_found;
    for (const auto& entry : found) {
        auto socket = std::make_shared<tcp::socket>(io);
        last = co_await connect_to(socket, entry.endpoint());
        if (!last) co_return std::make_unique<AsioStream>(std::move(*socket));
    }
    co_return network_error("connect", last);
}

}  // namespace barnabas
