// SPDX-License-Identifier: Apache-2.0
// EagerStream: a Stream that can tell at once how much its peer takes now, so that nobody has to
// wait where there is nothing to wait for. Sockets are; what encrypts or is simulated need not be.
#pragma once

#include "base/stream.h"

namespace barnabas {

class EagerStream : public Stream {
  public:
    // What write() and send_file() would do without waiting: gives how many bytes went, maybe 0.
    virtual Result<size_t> write_now(std::span<const Bytes> parts) = 0;
    virtual Result<uint64_t> send_file_now(const FileRange& range) = 0;
};

}  // namespace barnabas
