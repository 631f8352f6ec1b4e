// SPDX-License-Identifier: Apache-2.0
// SimConnection: sending, delivery, ends and resets, as TCP shows them to its users.
#include "base/sim/sim_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace barnabas {
namespace {

std::unexpected<Error> connection_error(const char* where, int error) {
    return fail(ErrorCode::network_exception, where, error);
}

}  // namespace

void SimConnection::Unread::add(Bytes bytes) {
    // What was read leaves before the rest grows.
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(start_));
    start_ = 0;
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void SimConnection::Unread::take(MutableBytes into) {
    ASSERT(into.size() <= size());
    std::memcpy(into.data(), bytes_.data() + start_, into.size());
    start_ += into.size();
}

SimConnection::SimConnection(SimLoop& loop, const SimNetworkOptions& options,
                             std::array<Endpoint, 2> names, std::function<bool()> blocked)
    : loop_(loop),
      options_(options),
      blocked_(std::move(blocked)),
      sides_{Side(loop.clock(), std::move(names[0])), Side(loop.clock(), std::move(names[1]))} {
    ASSERT(options_.segment_max > 0 && options_.window > 0);
}

Task<Result<size_t>> SimConnection::read_some(size_t side, MutableBytes into) {
    ASSERT(!into.empty(), "reading nothing looks like the end");
    const auto keep_alive = shared_from_this();
    Side& here = sides_[side];
    while (true) {
        if (here.closed) co_return connection_error("read", ECANCELED);
        if (here.readable.size() > 0) break;
        if (here.error != 0) co_return connection_error("read", here.error);
        if (here.ended) co_return size_t{0};
        co_await here.arrived.wait_until(Nanos::max());
    }
    const size_t most = std::min(into.size(), here.readable.size());
    const size_t count = 1 + loop_.random().below(most);
    here.readable.take(into.first(count));
    sides_[1 - side].writable.notify_all();
    co_return count;
}

uint64_t SimConnection::room(size_t to) const {
    const uint64_t unread = sides_[to].bytes_in_flight + sides_[to].readable.size();
    return options_.window - std::min(options_.window, unread);
}

Task<Result<void>> SimConnection::write(size_t side, std::span<const Bytes> parts) {
    const auto keep_alive = shared_from_this();
    Side& here = sides_[side];
    const size_t to = 1 - side;
    for (Bytes part : parts) {
        while (!part.empty()) {
            if (here.closed) co_return connection_error("write", ECANCELED);
            if (here.error != 0) co_return connection_error("write", here.error);
            // A full window opens again when a good part of it is free, as the kernel does it.
            const uint64_t wanted = std::min<uint64_t>(options_.segment_max, part.size());
            if (room(to) < std::min(wanted, options_.window / 3 + 1)) {
                co_await here.writable.wait_until(Nanos::max());
                continue;
            }
            const uint64_t most = std::min(room(to), wanted);
            const Bytes piece = part.first(1 + loop_.random().below(most));
            send(to, SegmentKind::data, {piece.begin(), piece.end()});
            part = part.subspan(piece.size());
        }
    }
    co_return Result<void>{};
}

void SimConnection::close(size_t side) {
    Side& here = sides_[side];
    if (here.closed) return;
    here.closed = true;
    // As TCP does: what nobody will read any more is answered with a reset.
    const bool unread = here.readable.size() > 0 || here.bytes_in_flight > 0;
    send(1 - side, unread ? SegmentKind::reset : SegmentKind::end, {});
    here.arrived.notify_all();
    here.writable.notify_all();
}

void SimConnection::reset() {
    for (size_t side = 0; side < sides_.size(); ++side) fail_side(side, ECONNRESET);
}

void SimConnection::fail_side(size_t side, int error) {
    Side& here = sides_[side];
    if (here.error == 0) here.error = error;
    here.flight.clear();
    here.bytes_in_flight = 0;
    here.arrived.notify_all();
    here.writable.notify_all();
}

void SimConnection::send(size_t to, SegmentKind kind, std::vector<uint8_t> bytes) {
    Side& there = sides_[to];
    if (there.error != 0) return;
    const auto span = static_cast<uint64_t>((options_.delay_max - options_.delay_min).count());
    const Nanos delay = options_.delay_min + Nanos(loop_.random().below(span + 1));
    const Nanos arrival = std::max(there.last_arrival, loop_.clock().after(delay));
    there.last_arrival = arrival;
    there.bytes_in_flight += bytes.size();
    there.flight.push_back({kind, arrival, std::move(bytes)});
    pump(to);
}

void SimConnection::pump(size_t to) {
    Side& there = sides_[to];
    if (there.timer_set || there.flight.empty()) return;
    there.timer_set = true;
    auto on_time = [self = shared_from_this(), to] { self->deliver(to); };
    loop_.clock().call_at(there.flight.front().arrival, std::move(on_time));
}

void SimConnection::deliver(size_t to) {
    Side& there = sides_[to];
    there.timer_set = false;
    // A blockade holds everything back until resume().
    if (there.flight.empty() || blocked_()) return;
    Segment segment = std::move(there.flight.front());
    there.flight.pop_front();
    there.bytes_in_flight -= segment.bytes.size();
    loop_.trace().note(to * 2 + 1);
    loop_.trace().note(segment.bytes.size());
    arrive(to, std::move(segment));
    pump(to);
}

void SimConnection::arrive(size_t to, Segment segment) {
    Side& there = sides_[to];
    const bool lost = options_.reset_one_in != 0 && segment.kind == SegmentKind::data &&
                      loop_.random().chance(1, options_.reset_one_in);
    if (lost) return reset();
    if (segment.kind == SegmentKind::reset) return fail_side(to, ECONNRESET);
    if (segment.kind == SegmentKind::end) {
        there.ended = true;
        there.arrived.notify_all();
        return;
    }
    // Nobody is there any more: the sender learns it.
    if (there.closed) return fail_side(1 - to, ECONNRESET);
    arrive_bytes(to, segment.bytes);
}

void SimConnection::arrive_bytes(size_t to, Bytes bytes) {
    Side& there = sides_[to];
    uint64_t left = bytes.size();
    if (there.cut) left = std::min(left, there.cut->after - there.bytes_arrived);
    const Bytes kept = bytes.first(left);
    there.readable.add(kept);
    there.bytes_arrived += kept.size();
    there.arrived.notify_all();
    if (!there.cut || there.bytes_arrived < there.cut->after) return;
    if (!there.cut->orderly) return reset();
    there.flight.clear();
    there.bytes_in_flight = 0;
    there.ended = true;
    fail_side(1 - to, ECONNRESET);
}

void SimConnection::resume() {
    for (size_t side = 0; side < sides_.size(); ++side) pump(side);
}

}  // namespace barnabas
