// SPDX-License-Identifier: Apache-2.0
// Listener: accepts the connections of one address and starts them. Slows down instead of spinning
// when the process is out of descriptors (N07). Lives on one shard.
#pragma once

#include <memory>

#include "broker/broker_config.h"
#include "broker/server/connection.h"
#include "broker/server/connection_registry.h"

namespace barnabas::broker {

class Listener {
  public:
    // `config` and `host` outlive the listener's tasks.
    Listener(ConnectionHost& host, const ListenerConfig& config)
        : host_(host), config_(config), stopped_(host.services.clock) {}

    // Binds; the kernel queues clients from now on. Gives the port (the real one for port 0).
    Result<uint16_t> bind(Network& network);
    // Accepts until stop(), in a task of the host's group.
    void start();
    void stop();

  private:
    Task<void> accept_clients();
    void admit(std::unique_ptr<Stream> stream);
    // Waits before the next attempt, longer each time.
    Task<void> pause_after(Error error);

    ConnectionHost& host_;
    const ListenerConfig& config_;
    std::unique_ptr<Acceptor> acceptor_;
    Signal stopped_;
    bool stopping_ = false;
    Nanos pause_{};
};

}  // namespace barnabas::broker
