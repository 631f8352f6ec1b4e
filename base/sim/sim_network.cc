// SPDX-License-Identifier: Apache-2.0
// SimNetwork: names, listening and connecting. The bytes are SimConnection's.
#include "base/sim/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

#include "base/assert.h"
#include "base/signal.h"

namespace barnabas {
namespace {

constexpr Nanos connect_timeout = std::chrono::seconds(10);
constexpr size_t backlog_max = 128;

std::unexpected<Error> sim_network_error(const char* where, int error) {
    return fail(ErrorCode::network_exception, where, error);
}

class SimStream final : public Stream {
  public:
    SimStream(std::shared_ptr<SimConnection> connection, size_t side)
        : connection_(std::move(connection)), side_(side) {}
    ~SimStream() override { close(); }

    Task<Result<size_t>> read_some(MutableBytes into) override {
        return connection_->read_some(side_, into);
    }
    Task<Result<void>> write(std::span<const Bytes> parts) override {
        return connection_->write(side_, parts);
    }
    Task<Result<void>> send_file(FileRange range) override {
        return send_by_copy(*this, std::move(range));
    }
    void close() override { connection_->close(side_); }
    Endpoint peer() const override { return connection_->name(1 - side_); }

  private:
    std::shared_ptr<SimConnection> connection_;
    size_t side_;
};

std::pair<std::string, std::string> pair_of(const std::string& a, const std::string& b) {
    return a < b ? std::pair(a, b) : std::pair(b, a);
}

}  // namespace

// A listening port and the connections that nobody accepted yet.
struct SimNetwork::Listening {
    explicit Listening(Clock& clock) : arrived(clock) {}
    std::deque<std::shared_ptr<SimConnection>> waiting;
    bool closed = false;
    Signal arrived;
};

class SimAcceptor final : public Acceptor {
  public:
    SimAcceptor(SimNetwork& network, SimNetwork::Address address,
                std::shared_ptr<SimNetwork::Listening> listening)
        : network_(network), address_(std::move(address)), listening_(std::move(listening)) {}
    ~SimAcceptor() override { close(); }

    Task<Result<std::unique_ptr<Stream>>> accept() override {
        const auto listening = listening_;
        SimNetwork& network = network_;
        while (listening->waiting.empty() && !listening->closed)
            co_await listening->arrived.wait_until(Nanos::max());
        if (listening->closed) co_return sim_network_error("accept", ECANCELED);
        if (network.accepts_to_fail_ > 0) {
            --network.accepts_to_fail_;
            co_return sim_network_error("accept", network.accept_error_);
        }
        auto connection = std::move(listening->waiting.front());
        listening->waiting.pop_front();
        co_return std::make_unique<SimStream>(std::move(connection), 1);
    }
    uint16_t port() const override { return address_.second; }
    void close() override {
        if (listening_->closed) return;
        listening_->closed = true;
        for (const auto& connection : listening_->waiting) connection->reset();
        listening_->waiting.clear();
        listening_->arrived.notify_all();
        network_.listening_.erase(address_);
    }

  private:
    SimNetwork& network_;
    SimNetwork::Address address_;
    std::shared_ptr<SimNetwork::Listening> listening_;
};

class SimHost final : public Network {
  public:
    SimHost(SimNetwork& network, std::string name) : network_(network), name_(std::move(name)) {}

    Result<std::unique_ptr<Acceptor>> listen(const Endpoint& at) override {
        uint16_t port = at.port;
        while (port == 0) {
            const uint16_t candidate = network_.next_port_++;
            if (!network_.listening_.contains({name_, candidate})) port = candidate;
        }
        const SimNetwork::Address address{name_, port};
        if (network_.listening_.contains(address)) return sim_network_error("bind", EADDRINUSE);
        auto listening = std::make_shared<SimNetwork::Listening>(network_.loop_.clock());
        network_.listening_[address] = listening;
        return std::make_unique<SimAcceptor>(network_, address, std::move(listening));
    }

    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to) override {
        SimNetwork& network = network_;
        SimLoop& loop = network.loop_;
        if (to.host.empty() || to.host == "localhost" || to.host == "127.0.0.1") to.host = name_;
        const Nanos deadline = loop.clock().after(connect_timeout);
        co_await loop.clock().sleep(network.options_.delay_max);
        if (network.separated(name_, to.host)) {
            co_await loop.clock().sleep(deadline - loop.clock().now());
            co_return sim_network_error("connect", ETIMEDOUT);
        }
        const auto found = network.listening_.find({to.host, to.port});
        if (found == network.listening_.end()) co_return sim_network_error("connect", ECONNREFUSED);
        const auto listening = found->second;
        if (listening->waiting.size() >= backlog_max)
            co_return sim_network_error("connect", ECONNREFUSED);
        auto connection = network.make_connection(name_, to);
        listening->waiting.push_back(connection);
        listening->arrived.notify_all();
        co_return std::make_unique<SimStream>(std::move(connection), 0);
    }

  private:
    SimNetwork& network_;
    std::string name_;
};

SimNetwork::SimNetwork(SimLoop& loop, SimNetworkOptions options)
    : loop_(loop),
      options_(options),
      separations_(std::make_shared<std::set<std::pair<std::string, std::string>>>()) {}

SimNetwork::~SimNetwork() {
    ASSERT(listening_.empty(), "acceptors go before the network");
}

Network& SimNetwork::host(const std::string& name) {
    auto& host = hosts_[name];
    if (!host) host = std::make_unique<SimHost>(*this, name);
    return *host;
}

bool SimNetwork::separated(const std::string& a, const std::string& b) const {
    return separations_->contains(pair_of(a, b));
}

void SimNetwork::separate(const std::string& a, const std::string& b) {
    separations_->insert(pair_of(a, b));
}

void SimNetwork::heal(const std::string& a, const std::string& b) {
    separations_->erase(pair_of(a, b));
    for (const auto& weak : connections_)
        if (const auto connection = weak.lock()) connection->resume();
}

void SimNetwork::fail_accepts(int error, uint64_t count) {
    accept_error_ = error;
    accepts_to_fail_ = count;
}

void SimNetwork::reset_all() {
    for (const auto& weak : connections_)
        if (const auto connection = weak.lock()) connection->reset();
}

size_t SimNetwork::open_connections() const {
    size_t open = 0;
    for (const auto& weak : connections_) {
        const auto connection = weak.lock();
        if (connection && connection->is_open()) ++open;
    }
    return open;
}

std::shared_ptr<SimConnection> SimNetwork::make_connection(const std::string& from,
                                                           const Endpoint& to) {
    const Endpoint client{from, next_port_++};
    auto blocked = [separations = separations_, key = pair_of(from, to.host)] {
        return separations->contains(key);
    };
    auto connection = std::make_shared<SimConnection>(loop_, options_, std::array{client, to},
                                                      std::move(blocked));
    if (cut_next_) connection->cut(*std::exchange(cut_next_, std::nullopt));
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
    connections_.push_back(connection);
    return connection;
}

}  // namespace barnabas
