// SPDX-License-Identifier: Apache-2.0
// One plaintext connection to a broker: a frame goes out, its answer comes back, or a Failure says
// which address did not do what in time. Blocks its caller; the loop behind it runs only meanwhile.
// Never retries: the client above decides what is worth trying again.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/nanos.h"
#include "cli/client/address.h"
#include "protocol/api_keys.h"

namespace barnabas::cli {

// What a broker can do, as its ApiVersions answer says.
struct VersionRange {
    int16_t min = 0;
    int16_t max = -1;
};
using ApiRanges = std::map<int16_t, VersionRange>;

// 0: as the kernel has it.
struct SocketBuffers {
    int receive_bytes = 0, send_bytes = 0;
};

class Connection {
  public:
    // Connects and asks for ApiVersions. Throws Failure.
    Connection(Address address, Nanos timeout, SocketBuffers buffers = {});
    ~Connection();

    const Address& address() const { return address_; }
    const ApiRanges& ranges() const { return ranges_; }

    // Sends a whole frame (with its length) and gives the answer that follows (without). Throws
    // Failure with request_timed_out or network_exception; the connection is of no more use then.
    std::vector<uint8_t> exchange(Bytes frame, Nanos timeout);
    // The same for a request that has no answer (Produce with acks=0).
    void send(Bytes frame, Nanos timeout);
    int32_t next_correlation() { return correlation_++; }
    bool broken() const { return broken_; }

  private:
    void connect(Nanos timeout, SocketBuffers buffers);
    void ask_versions(Nanos timeout);
    // Runs the loop until the operation that `start` begins has ended, or throws after `timeout`.
    template <class Start>
    void run(Start start, const char* what, Nanos timeout);
    void read_exactly(MutableBytes into, Nanos timeout);

    Address address_;
    // The loop and the socket; their headers are dear.
    struct Wire;
    std::unique_ptr<Wire> wire_;
    ApiRanges ranges_;
    int32_t correlation_ = 0;
    bool broken_ = false;
};

}  // namespace barnabas::cli
