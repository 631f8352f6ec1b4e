// SPDX-License-Identifier: Apache-2.0
// ConnectionRegistry: the open connections of a shard, by age: limits on their number (N06),
// deadlines, shutdown. Holds plain pointers: a connection enters when it is made and leaves when it
// is closed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace barnabas::broker {

class Connection;

struct RegistryLimits {
    int32_t connections_max = INT32_MAX;
    int32_t connections_per_ip_max = INT32_MAX;
    // When all places are taken a new client displaces the one idle for longest, if it has been
    // idle for at least this long.
    Nanos displace_idle_min = std::chrono::seconds(10);
};

class ConnectionRegistry {
  public:
    explicit ConnectionRegistry(RegistryLimits limits) : limits_(limits) {}

    // True if one more connection from `host` may be opened; may close an idle one for it.
    bool admit(const std::string& host, Nanos now);
    // Closes the connection idle for longest (at least displace_idle_min): gives a descriptor back.
    bool displace_idle(Nanos now);
    uint64_t add(Connection& connection);
    void remove(uint64_t id);

    void check_deadlines(Nanos now);
    // Parks those that are at rest (Connection::rest). Gives how many soon will be.
    size_t park_resting(Nanos now);
    void drain_all();
    void close_all(const char* why);
    size_t size() const { return connections_.size(); }

  private:
    RegistryLimits limits_;
    std::map<uint64_t, Connection*> connections_;
    std::unordered_map<std::string, int32_t> per_host_;
    uint64_t next_id_ = 1;
};

}  // namespace barnabas::broker
