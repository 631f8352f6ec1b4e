// SPDX-License-Identifier: Apache-2.0
// The accept loop and its pauses.
#include "broker/server/listener.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"

namespace barnabas::broker {
namespace {

constexpr Nanos pause_min = std::chrono::milliseconds(20);
constexpr Nanos pause_max = std::chrono::seconds(1);

}  // namespace

Result<uint16_t> Listener::bind(Network& network) {
    ASSERT(!acceptor_, "bound once");
    TRY_ASSIGN(acceptor_, network.listen(config_.bind));
    return acceptor_->port();
}

void Listener::start() {
    ASSERT(acceptor_, "bind() comes first");
    const bool started = host_.tasks.spawn(accept_clients());
    ASSERT(started, "the group takes tasks until it is stopped");
}

void Listener::stop() {
    stopping_ = true;
    if (acceptor_) acceptor_->close();
    stopped_.notify_all();
}

Task<void> Listener::accept_clients() {
    while (!stopping_) {
        auto accepting = acceptor_->accept();
        auto stream = co_await std::move(accepting);
        if (stopping_) break;
        if (stream) {
            pause_ = Nanos{};
            admit(std::move(*stream));
            continue;
        }
        // The client left before it was accepted: nothing is wrong here.
        if (stream.error().os_error == ECONNABORTED) continue;
        auto pausing = pause_after(stream.error());
        co_await std::move(pausing);
    }
}

void Listener::admit(std::unique_ptr<Stream> stream) {
    const Nanos now = host_.services.clock.now();
    if (!host_.registry.admit(stream->peer().host, now)) {
        log_debug("server", "{}: refused, too many connections", stream->peer().str());
        stream->close();
        return;
    }
    auto connection = std::make_shared<Connection>(host_, std::move(stream), config_);
    const bool started = host_.tasks.spawn(connection->serve(connection));
    ASSERT(started, "the group takes tasks until it is stopped");
}

Task<void> Listener::pause_after(Error error) {
    Clock& clock = host_.services.clock;
    if (pause_ == Nanos{})
        log_warn("server", "cannot accept on port {}: errno {}", acceptor_->port(), error.os_error);
    pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
    const bool descriptors = error.os_error == EMFILE || error.os_error == ENFILE;
    if (descriptors) host_.registry.displace_idle(clock.now());
    auto waiting = stopped_.wait_until(clock.after(pause_));
    co_await std::move(waiting);
}

}  // namespace barnabas::broker
