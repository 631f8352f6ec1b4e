// SPDX-License-Identifier: Apache-2.0
// Stream, Acceptor, Network: byte streams between processes, used on one shard's thread. Real
// sockets are in base/asio/, a network that loses, delays and reorders (between connections) in
// base/sim/. Errors carry ErrorCode::network_exception and the errno.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/result.h"
#include "base/task.h"

namespace barnabas {

struct Endpoint {
    std::string host;  // a name or an address; empty: every interface
    uint16_t port = 0;
    std::string str() const { return host + ":" + std::to_string(port); }
};

class Stream {
  public:
    virtual ~Stream() = default;
    // Gives at least one byte, 0 at the peer's orderly end.
    virtual Task<Result<size_t>> read_some(MutableBytes into) = 0;
    // Writes everything; `parts` and their bytes must live until it completes.
    virtual Task<Result<void>> write(std::span<const Bytes> parts) = 0;
    // Sends the range (sendfile where the stream can). The caller made sure that it is cached.
    // After an error part of it may have gone out: the stream is of no more use.
    virtual Task<Result<void>> send_file(FileRange range) = 0;
    // Ends both directions now; pending reads and writes fail. Safe to call more than once.
    virtual void close() = 0;
    virtual Endpoint peer() const = 0;
};

// send_file for streams that have no better way. A range beyond the file's end is
// kafka_storage_error.
Task<Result<void>> send_by_copy(Stream& stream, FileRange range);

class Acceptor {
  public:
    virtual ~Acceptor() = default;
    virtual Task<Result<std::unique_ptr<Stream>>> accept() = 0;
    virtual uint16_t port() const = 0;  // the real one, after binding port 0
    virtual void close() = 0;
};

class Network {
  public:
    virtual ~Network() = default;
    virtual Result<std::unique_ptr<Acceptor>> listen(const Endpoint& at) = 0;
    virtual Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to) = 0;
};

}  // namespace barnabas
