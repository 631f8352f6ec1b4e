// SPDX-License-Identifier: Apache-2.0
// Counting, finding the one idle for longest, and telling all of them something at once.
#include "broker/server/connection_registry.h"

#include "base/assert.h"
#include "broker/server/connection.h"

namespace barnabas::broker {
namespace {

// Calls `visit` for all; a visited connection may close and so remove itself, no other one.
template <class Visit>
void for_each_closing(std::map<uint64_t, Connection*>& connections, Visit visit) {
    for (auto at = connections.begin(); at != connections.end();) {
        Connection& connection = *at->second;
        ++at;
        visit(connection);
    }
}

}  // namespace

bool ConnectionRegistry::admit(const std::string& host, Nanos now) {
    const auto same_host = per_host_.find(host);
    if (same_host != per_host_.end() && same_host->second >= limits_.connections_per_ip_max)
        return false;
    if (connections_.size() < static_cast<size_t>(limits_.connections_max)) return true;
    return displace_idle(now);
}

bool ConnectionRegistry::displace_idle(Nanos now) {
    Connection* oldest = nullptr;
    for (const auto& [id, connection] : connections_) {
        if (!connection->idle()) continue;
        if (!oldest || connection->last_active() < oldest->last_active()) oldest = connection;
    }
    if (!oldest || now - oldest->last_active() < limits_.displace_idle_min) return false;
    oldest->close("displaced by a new connection");
    return true;
}

uint64_t ConnectionRegistry::add(Connection& connection) {
    const uint64_t id = next_id_++;
    connections_.emplace(id, &connection);
    ++per_host_[connection.peer().host];
    return id;
}

void ConnectionRegistry::remove(uint64_t id) {
    const auto found = connections_.find(id);
    ASSERT(found != connections_.end(), "a connection leaves once");
    const auto same_host = per_host_.find(found->second->peer().host);
    ASSERT(same_host != per_host_.end() && same_host->second > 0);
    if (--same_host->second == 0) per_host_.erase(same_host);
    connections_.erase(found);
}

void ConnectionRegistry::check_deadlines(Nanos now) {
    auto check = [now](Connection& connection) { connection.check_deadlines(now); };
    for_each_closing(connections_, check);
}

size_t ConnectionRegistry::park_resting(Nanos now) {
    size_t soon = 0;
    for (const auto& [id, connection] : connections_) soon += connection->rest(now) ? 1 : 0;
    return soon;
}

void ConnectionRegistry::drain_all() {
    auto drain = [](Connection& connection) { connection.drain(); };
    for_each_closing(connections_, drain);
}

void ConnectionRegistry::close_all(const char* why) {
    auto close = [why](Connection& connection) { connection.close(why); };
    for_each_closing(connections_, close);
}

}  // namespace barnabas::broker
