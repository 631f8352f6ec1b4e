// SPDX-License-Identifier: Apache-2.0
// TurnWork: what connections of a shard want done later, by one function for all of them. After
// this turn of the loop: writing answers, and looking whether a request has taken too long for its
// connection to wait for it. A moment after many of them woke up: parking those that are at rest
// again, so that their memory serves the next ones. Lives as long as the loop runs what was posted.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace barnabas::broker {

class Connection;
class ConnectionRegistry;

class TurnWork {
  public:
    TurnWork(boost::asio::any_io_executor executor, Clock& clock, ConnectionRegistry& registry)
        : executor_(std::move(executor)), clock_(clock), registry_(registry) {}
    ~TurnWork();
    TurnWork(const TurnWork&) = delete;
    TurnWork& operator=(const TurnWork&) = delete;

    // Calls connection->write_ready(now) in the next turn.
    void write(std::shared_ptr<Connection> connection);
    // Calls connection->hand_over(request) some turns later, unless waits_for(request) is false by
    // then.
    void hand_over(std::shared_ptr<Connection> connection, uint64_t request);
    // A connection that was parked, or is new, will be at rest at some time.
    void woke_up();

  private:
    struct HandOver {
        std::shared_ptr<Connection> connection;
        uint64_t request;
        int turns_left;
    };
    using Connections = std::vector<std::shared_ptr<Connection>>;

    void run_writes();
    void run_hand_overs();
    void park_in_a_moment();

    const boost::asio::any_io_executor executor_;
    Clock& clock_;
    ConnectionRegistry& registry_;
    Clock::TimerId park_timer_ = 0;
    size_t woken_ = 0;  // since the last look
    Connections writes_;
    Connections writing_;
    std::vector<HandOver> hand_overs_;
    std::vector<HandOver> looked_at_;
};

}  // namespace barnabas::broker
