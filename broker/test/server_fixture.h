// SPDX-License-Identifier: Apache-2.0
// A server over a simulated network, with APIs made for tests: what a request does is told in its
// text. Tests of connections and listeners build on it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_loop.h"
#include "base/sim/sim_network.h"
#include "broker/broker_config.h"
#include "broker/server/dispatcher.h"
#include "broker/server/server.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"

namespace barnabas::broker {

// The text of a FindCoordinator request says what its handler does:
//   "echo X"     answers X                       "sleep MS X"   answers X after MS milliseconds
//   "admit MS X" the same, but lets the connection read on at once
//   "big N"      answers N bytes                 "silent"       has no answer
//   "close"      has no answer, ends the connection
//   "last X"     answers X, ends the connection  "idle MS"      no answer after MS milliseconds
std::span<const ApiEntry> test_apis();

// Files that test answers refer to.
std::shared_ptr<const File> pattern_file(size_t size);

// One client's end of a connection.
class TestClient {
  public:
    TestClient(SimLoop& loop, std::unique_ptr<Stream> stream)
        : loop_(loop), stream_(std::move(stream)) {}

    void send(Bytes bytes);
    // A whole request of the test API.
    void ask(int32_t correlation_id, std::string_view text);
    // The next answer without its length; nullopt when the server has closed.
    std::optional<std::vector<uint8_t>> receive();
    // The next answer's correlation id and text, nullopt when the server has closed.
    std::optional<std::pair<int32_t, std::string>> answer();
    bool closed_by_server();
    void close() { stream_->close(); }
    Stream& stream() { return *stream_; }

  private:
    bool read_exactly(MutableBytes into);

    SimLoop& loop_;
    std::unique_ptr<Stream> stream_;
};

class ServerFixture : public testing::Test {
  protected:
    ServerFixture();
    ~ServerFixture() override;

    // Before start(): change `config`.
    void start();
    // Completes the drain and the join.
    void stop(Nanos patience = std::chrono::seconds(1));
    TestClient connect(const std::string& from = "client");

    static std::vector<uint8_t> request_bytes(int32_t correlation_id, std::string_view text);

    SimLoop loop_{11};
    SimNetwork network_{loop_};
    BrokerConfig config_;
    std::unique_ptr<BrokerServices> services_;
    Metrics metrics_;
    std::unique_ptr<Dispatcher> apis_;
    std::unique_ptr<Server> server_;
    uint16_t port_ = 0;
};

}  // namespace barnabas::broker
