// SPDX-License-Identifier: Apache-2.0
// SimNetwork: machines and the wires between them, in one process on a SimLoop. Bytes are delayed,
// cut into pieces, connections reset, machines separated: by plan or by the loop's seed. Order
// between two connections is as the delays fall; within one it is kept, as TCP keeps it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/sim/sim_connection.h"
#include "base/sim/sim_loop.h"
#include "base/stream.h"

namespace barnabas {

class SimNetwork {
  public:
    explicit SimNetwork(SimLoop& loop, SimNetworkOptions options = {});
    SimNetwork(const SimNetwork&) = delete;
    SimNetwork& operator=(const SimNetwork&) = delete;
    ~SimNetwork();

    // What a process on the machine of that name uses. Others connect to it by that name;
    // "localhost", "127.0.0.1" and an empty name are the machine itself.
    Network& host(const std::string& name);

    // Nothing gets from one machine to the other, either way, until heal(). Connecting times out.
    void separate(const std::string& a, const std::string& b);
    void heal(const std::string& a, const std::string& b);
    // Applies to the next connection made.
    void cut_next(const SimCut& cut) { cut_next_ = cut; }
    // The next `count` accepts fail, as with EMFILE; the connection stays waiting.
    void fail_accepts(int error, uint64_t count);
    // Resets all connections now.
    void reset_all();
    size_t open_connections() const;
    // For connections made from now on.
    void set_options(const SimNetworkOptions& options) { options_ = options; }

  private:
    friend class SimHost;
    friend class SimAcceptor;
    struct Listening;
    using Address = std::pair<std::string, uint16_t>;

    bool separated(const std::string& a, const std::string& b) const;
    std::shared_ptr<SimConnection> make_connection(const std::string& from, const Endpoint& to);

    SimLoop& loop_;
    SimNetworkOptions options_;
    std::map<std::string, std::unique_ptr<Network>> hosts_;
    std::map<Address, std::shared_ptr<Listening>> listening_;
    // Outlives this object in the connections that ask it.
    std::shared_ptr<std::set<std::pair<std::string, std::string>>> separations_;
    std::vector<std::weak_ptr<SimConnection>> connections_;
    std::optional<SimCut> cut_next_;
    int accept_error_ = 0;
    uint64_t accepts_to_fail_ = 0;
    uint16_t next_port_ = 40'000;
};

}  // namespace barnabas
