// SPDX-License-Identifier: Apache-2.0
// AsioStream: one TCP connection. Writes and sendfile try the system call first and wait only when
// the socket's buffer is full; long transfers give way to the loop's other work between pieces.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "base/eager_stream.h"

namespace barnabas {

// The error of a failed socket call: network_exception with `errno_value`.
std::unexpected<Error> network_error(const char* where, int errno_value);
std::unexpected<Error> network_error(const char* where, const boost::system::error_code& error);

class AsioStream final : public EagerStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    // Takes a connected socket.
    explicit AsioStream(Socket socket);
    ~AsioStream() override;

    Task<Result<size_t>> read_some(MutableBytes into) override;
    Task<Result<void>> write(std::span<const Bytes> parts) override;
    Task<Result<void>> send_file(FileRange range) override;
    Result<size_t> write_now(std::span<const Bytes> parts) override;
    Result<uint64_t> send_file_now(const FileRange& range) override;
    void stop_waiting() override;
    void when_readable(std::move_only_function<void()> then) override;
    void close() override;
    Endpoint peer() const override { return peer_; }

  private:
    // Shared with the operations under way, which end after close() on the loop's next turn.
    std::shared_ptr<Socket> socket_;
    Endpoint peer_;
};

}  // namespace barnabas
