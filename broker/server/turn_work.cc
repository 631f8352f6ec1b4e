// SPDX-License-Identifier: Apache-2.0
// Each list has one posted function while it is not empty. What is added while it runs is for the
// turn after it.
#include "broker/server/turn_work.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "broker/server/connection.h"
#include "broker/server/connection_registry.h"

namespace barnabas::broker {
namespace {

// A handler that is done within so many turns of the loop needs no other task to read on. An append
// to the page cache takes three: the write, its outcome, the handler's rest.
constexpr int hand_over_turns = 4;
constexpr Nanos parking_interval = std::chrono::milliseconds(30);
// So many awake connections are worth a look of their own.
constexpr size_t many = 16;

}  // namespace

TurnWork::~TurnWork() {
    if (park_timer_ != 0) clock_.cancel(park_timer_);
}

// A few are left to the server's watch, which comes once a second anyway.
void TurnWork::woke_up() {
    if (++woken_ >= many && park_timer_ == 0) park_in_a_moment();
}

void TurnWork::park_in_a_moment() {
    auto park = [this] {
        park_timer_ = 0;
        woken_ = 0;
        if (registry_.park_resting(clock_.now()) >= many) park_in_a_moment();
    };
    park_timer_ = clock_.call_at(clock_.after(parking_interval), std::move(park));
}

void TurnWork::write(std::shared_ptr<Connection> connection) {
    writes_.push_back(std::move(connection));
    if (writes_.size() == 1) boost::asio::post(executor_, [this] { run_writes(); });
}

void TurnWork::run_writes() {
    writing_.swap(writes_);
    const Nanos now = clock_.now();
    for (auto& connection : writing_) connection->write_ready(now);
    writing_.clear();
}

void TurnWork::hand_over(std::shared_ptr<Connection> connection, uint64_t request) {
    hand_overs_.push_back({std::move(connection), request, hand_over_turns});
    if (hand_overs_.size() == 1) boost::asio::post(executor_, [this] { run_hand_overs(); });
}

void TurnWork::run_hand_overs() {
    looked_at_.swap(hand_overs_);
    for (HandOver& one : looked_at_) {
        if (!one.connection->waits_for(one.request)) continue;
        if (--one.turns_left > 0)
            hand_overs_.push_back(std::move(one));
        else
            one.connection->hand_over(one.request);
    }
    looked_at_.clear();
    if (!hand_overs_.empty()) boost::asio::post(executor_, [this] { run_hand_overs(); });
}

}  // namespace barnabas::broker
