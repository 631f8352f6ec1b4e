// SPDX-License-Identifier: Apache-2.0
// AsioNetwork: TCP on one io_context, used on its thread. IPv4 and IPv6. Streams send small answers
// at once (TCP_NODELAY), notice dead peers (keepalive) and never raise SIGPIPE.
#pragma once

#include <boost/asio/io_context.hpp>

#include "base/stream.h"

namespace barnabas {

class AsioNetwork final : public Network {
  public:
    // Makes the process ignore SIGPIPE: sendfile has no MSG_NOSIGNAL (N09).
    explicit AsioNetwork(boost::asio::io_context& io);

    // An empty host is every interface, IPv6 and IPv4. A name that has several addresses means its
    // first IPv4 address, as it does for Kafka. Resolving a name blocks: listening happens at
    // start-up.
    Result<std::unique_ptr<Acceptor>> listen(const Endpoint& at) override;
    // Tries the addresses of the name one after another; gives up on one after connect_timeout.
    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to) override;

  private:
    boost::asio::io_context& io_;
};

}  // namespace barnabas
