// SPDX-License-Identifier: Apache-2.0
// EagerStream: a Stream that can tell at once how much its peer takes now, so that nobody has to
// wait where there is nothing to wait for. Sockets are; what encrypts or is simulated need not be.
#pragma once

#include <functional>

#include "base/stream.h"

namespace barnabas {

class EagerStream : public Stream {
  public:
    // What write() and send_file() would do without waiting: gives how many bytes went, maybe 0.
    virtual Result<size_t> write_now(std::span<const Bytes> parts) = 0;
    virtual Result<uint64_t> send_file_now(const FileRange& range) = 0;

    // Ends a read_some() under way with an Error, as every other wait of the stream; what has
    // arrived stays to be read.
    virtual void stop_waiting() = 0;
    // Calls `then` once, on the loop and not inline, when there is something to read (be it the
    // end) or the stream was closed. Costs less memory than a read that waits. Not beside a read.
    virtual void when_readable(std::move_only_function<void()> then) = 0;
};

}  // namespace barnabas
