// SPDX-License-Identifier: Apache-2.0
// Server: everything of a shard that talks to clients: its listeners, their connections and what
// those share. Owned by broker.cc. Starts in two steps, because a broker must know its ports before
// it can tell the cluster where it is, and must be known before clients may ask.
#pragma once

#include <deque>
#include <vector>

#include "broker/server/listener.h"

namespace barnabas::broker {

class Server {
  public:
    // `services`, `apis` and `network` outlive the server.
    Server(boost::asio::any_io_executor executor, BrokerServices& services, Dispatcher& apis,
           Network& network);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Binds all listeners of the config; gives their ports in the config's order.
    Result<std::vector<uint16_t>> bind();
    // Begins to accept and to serve.
    void start();
    // Refuses new clients, answers what was asked, closes; what is not done at `deadline` is cut
    // off. Handlers that still run then (a group that waits for its members) end by their own
    // deadlines or when their owner is stopped.
    Task<void> drain(Nanos deadline);
    // Completes when no task of the server is left; drain() comes first.
    Task<void> join();

    size_t connections() const { return registry_.size(); }
    const RequestMemory& memory() const { return memory_; }

  private:
    Task<void> watch_deadlines();

    BrokerServices& services_;
    Network& network_;
    RequestMemory memory_;
    ConnectionRegistry registry_;
    TaskGroup tasks_;
    TurnWork turns_;
    const boost::asio::any_io_executor executor_;
    ConnectionHost host_;
    Signal stopped_;
    std::deque<Listener> listeners_;
    bool stopping_ = false;
};

// The limits that a config asks for.
ConnectionLimits make_connection_limits(const BrokerConfig& config);

}  // namespace barnabas::broker
