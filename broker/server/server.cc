// SPDX-License-Identifier: Apache-2.0
// Limits out of the config, and the order of starting and ending.
#include "broker/server/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"

namespace barnabas::broker {
namespace {

// Deadlines of connections are kept to about this.
constexpr Nanos watch_interval = std::chrono::seconds(1);
constexpr Nanos drain_check = std::chrono::milliseconds(20);

uint64_t memory_limit(const BrokerConfig& config) {
    // -1: no limit (Kafka's default).
    if (config.queued_max_request_bytes < 0) return UINT64_MAX / 2;
    return static_cast<uint64_t>(config.queued_max_request_bytes);
}

RegistryLimits registry_limits(const BrokerConfig& config) {
    RegistryLimits limits;
    limits.connections_max = config.max_connections;
    limits.connections_per_ip_max = config.max_connections_per_ip;
    return limits;
}

}  // namespace

ConnectionLimits make_connection_limits(const BrokerConfig& config) {
    ConnectionLimits limits;
    limits.frame_bytes_max = static_cast<size_t>(std::max(config.socket_request_max_bytes, 1));
    const bool expires = config.connections_max_idle_ms >= 0;
    limits.idle_max =
        expires ? Nanos(std::chrono::milliseconds(config.connections_max_idle_ms)) : Nanos::max();
    limits.write_stall_max = std::min(limits.write_stall_max, limits.idle_max);
    return limits;
}

Server::Server(boost::asio::any_io_executor executor, BrokerServices& services, Dispatcher& apis,
               Network& network)
    : services_(services),
      network_(network),
      memory_(services.clock, memory_limit(services.config)),
      registry_(registry_limits(services.config)),
      tasks_(executor, services.clock),
      turns_(executor, services.clock, registry_),
      executor_(std::move(executor)),
      host_{services, apis, memory_, tasks_, registry_, make_connection_limits(services.config),
            turns_},
      stopped_(services.clock) {}

Result<std::vector<uint16_t>> Server::bind() {
    std::vector<uint16_t> ports;
    for (const ListenerConfig& config : services_.config.listeners) {
        Listener& listener = listeners_.emplace_back(host_, config);
        const auto port = listener.bind(network_);
        if (!port) {
            // Resolvers have numbers of their own.
            const bool unknown = std::string_view(port.error().where) == "resolve";
            log_error("server", "cannot listen on {}://{}: {}", config.name, config.bind.str(),
                      unknown ? "no such host" : std::strerror(port.error().os_error));
            return std::unexpected(port.error());
        }
        ports.push_back(*port);
    }
    return ports;
}

void Server::start() {
    ASSERT(!listeners_.empty(), "bind() comes first");
    for (Listener& listener : listeners_) listener.start();
    const bool started = tasks_.spawn(watch_deadlines());
    ASSERT(started);
}

Task<void> Server::watch_deadlines() {
    while (!stopping_) {
        auto waiting = stopped_.wait_until(services_.clock.after(watch_interval));
        co_await std::move(waiting);
        registry_.check_deadlines(services_.clock.now());
        registry_.park_resting(services_.clock.now());
    }
}

Task<void> Server::drain(Nanos deadline) {
    Clock& clock = services_.clock;
    for (Listener& listener : listeners_) listener.stop();
    registry_.drain_all();
    while (registry_.size() > 0 && clock.now() < deadline) {
        auto waiting = clock.sleep(drain_check);
        co_await std::move(waiting);
    }
    registry_.close_all("shutting down");
    stopping_ = true;
    stopped_.notify_all();
}

Task<void> Server::join() {
    ASSERT(stopping_ && registry_.size() == 0, "drain() comes first");
    auto stopping = tasks_.stop(Nanos::max());
    co_await std::move(stopping);
    // What connections posted before they were closed.
    auto posted = boost::asio::post(executor_, boost::asio::use_awaitable);
    co_await std::move(posted);
}

}  // namespace barnabas::broker
