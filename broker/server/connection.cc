// SPDX-License-Identifier: Apache-2.0
// The three kinds of task of a connection: reading and running requests, reading on for a handler
// that admitted the next request, writing answers.
#include "broker/server/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "broker/server/connection_registry.h"

namespace barnabas::broker {
namespace {

// One write takes at most this much: what a slow peer must take within write_stall_max.
constexpr size_t write_bytes_max = 1 << 20;
constexpr size_t write_parts_max = 64;
// How often a connection that waits for others' memory looks whether it was closed meanwhile.
constexpr Nanos muted_check = std::chrono::seconds(1);

// Lets everything run that is ready on the loop now.
Task<void> next_turn() {
    auto posted = boost::asio::post(boost::asio::use_awaitable);
    co_await std::move(posted);
}

}  // namespace

Connection::Connection(ConnectionHost& host, std::unique_ptr<Stream> stream,
                       const ListenerConfig& listener)
    : host_(host),
      stream_(std::move(stream)),
      listener_(listener),
      reader_(host.memory, host.limits.frame_bytes_max),
      room_(host.services.clock),
      last_active_(host.services.clock.now()) {
    client_.peer = stream_->peer();
    registry_id_ = host_.registry.add(*this);
}

Connection::~Connection() {
    close("gone");
}

Task<void> Connection::serve(std::shared_ptr<Connection> self) {
    ASSERT(self.get() == this);
    for (bool reading = true; reading;) {
        auto arriving = next_frame();
        auto frame = co_await std::move(arriving);
        if (!frame) break;
        auto running = run_request(std::move(*frame));
        reading = co_await std::move(running);
    }
}

bool Connection::may_admit() const {
    return output_.places() < host_.limits.places_max &&
           output_.bytes() < host_.limits.output_bytes_max;
}

Task<std::optional<Frame>> Connection::next_frame() {
    while (!closed_ && !draining_) {
        if (!may_admit()) {
            auto waiting = room_.wait_until(host_.services.clock.after(muted_check));
            co_await std::move(waiting);
            continue;
        }
        auto frame = reader_.next();
        if (!frame) {
            close("frame size refused");
            break;
        }
        if (*frame) {
            frame_waited_ = Nanos{};
            co_return std::move(*frame);
        }
        auto reading = read_more();
        const bool more = co_await std::move(reading);
        if (!more) break;
    }
    co_return std::nullopt;
}

// Reads what is there; false if nothing more will come.
Task<bool> Connection::read_more() {
    Clock& clock = host_.services.clock;
    if (!reader_.make_space()) {
        auto waiting = host_.memory.freed().wait_until(clock.after(muted_check));
        co_await std::move(waiting);
        co_return true;
    }
    read_began_ = clock.now();
    auto reading = stream_->read_some(reader_.space());
    const auto count = co_await std::move(reading);
    const Nanos now = clock.now();
    if (reader_.in_frame()) frame_waited_ += now - *read_began_;
    read_began_.reset();
    if (closed_) co_return false;
    if (!count) {
        close("read failed");
        co_return false;
    }
    if (*count == 0) {
        drain();
        co_return false;
    }
    reader_.received(*count);
    last_active_ = now;
    co_return true;
}

// Runs one request. True if the caller reads on; false if another task does or nobody does any
// more.
Task<bool> Connection::run_request(Frame frame) {
    const auto request = protocol::parse_request(frame.bytes);
    if (!request) {
        close("request header refused");
        co_return false;
    }
    const protocol::RequestHeader& header = request->header;
    const ApiEntry* const api = host_.apis.find(header.request_api_key);
    const bool known = api && api->answers(header.request_api_version);
    const bool asks_versions = api && api->key == protocol::ApiKey::api_versions;
    if (!known && !asks_versions) {
        close("unknown api or version");
        co_return false;
    }
    remember_client_id(header);
    const auto place = output_.open();
    bool handed_over = false;
    RequestContext ctx{host_.services};
    ctx.listener = &listener_;
    ctx.client = &client_;
    ctx.frame = std::move(frame.owner);
    ctx.admit_next = [this, &handed_over] {
        if (!handed_over) handed_over = hand_over_reading();
    };
    if (!known) {
        fill(place, refuse_api_versions(header.correlation_id), ctx);
        co_return !closed_;
    }
    auto serving = host_.apis.serve(*api, ctx, request->body, header);
    fill(place, co_await std::move(serving), ctx);
    co_return !handed_over && !closed_;
}

void Connection::remember_client_id(const protocol::RequestHeader& header) {
    client_.has_client_id = header.client_id.has_value();
    const std::string_view id = header.client_id ? header.client_id->view() : std::string_view{};
    if (client_.client_id != id) client_.client_id = id;
}

void Connection::fill(OutputQueue::Place place, Answer answer, const RequestContext& ctx) {
    if (closed_) return;
    if (!answer) {
        log_debug("server", "{}: malformed request of api {}: {}", client_.peer.str(),
                  static_cast<int>(ctx.api), answer.error().where);
        close("malformed request");
        return;
    }
    output_.fill(place, std::move(*answer), ctx.close_connection);
    start_writing();
}

bool Connection::hand_over_reading() {
    return !closed_ && !draining_ && host_.tasks.spawn(read_on(shared_from_this()));
}

// Not inside the handler that handed over: a long pipeline would nest that deep.
Task<void> Connection::read_on(std::shared_ptr<Connection> self) {
    co_await next_turn();
    auto serving = serve(std::move(self));
    co_await std::move(serving);
}

void Connection::start_writing() {
    if (writing_ || closed_ || !output_.ready()) return;
    writing_ = true;
    if (!host_.tasks.spawn(write_answers(shared_from_this()))) close("shutting down");
}

Task<void> Connection::write_answers(std::shared_ptr<Connection> self) {
    ASSERT(self.get() == this && writing_);
    // Answers that get ready in this turn of the loop go out together.
    co_await next_turn();
    bool ends = false;
    while (!closed_ && !ends && output_.ready()) {
        ends = output_.take(batch_, write_parts_max, write_bytes_max);
        auto writing = write_batch();
        const bool written = co_await std::move(writing);
        batch_.clear();
        if (!written) close("write failed");
        room_.notify_all();
    }
    writing_ = false;
    if (ends) close("asked to by the request");
    if (draining_ && output_.places() == 0) close("drained");
}

// Bytes of several answers share a write; each range of a file is sent on its own.
Task<bool> Connection::write_batch() {
    parts_.clear();
    parts_bytes_ = 0;
    for (const auto& frame : batch_) {
        size_t done = 0;
        for (const auto& splice : frame.splices) {
            auto writing = write_bytes(frame, done, splice.position);
            if (!co_await std::move(writing)) co_return false;
            auto flushing = flush_parts();
            if (!co_await std::move(flushing)) co_return false;
            auto sending = send_range(splice.range);
            if (!co_await std::move(sending)) co_return false;
            done = splice.position;
        }
        const size_t end = frame.bytes.size();
        done = gather(frame, done, end);
        if (done == end) continue;
        auto writing = write_bytes(frame, done, end);
        if (!co_await std::move(writing)) co_return false;
    }
    auto flushing = flush_parts();
    co_return co_await std::move(flushing);
}

// Gathers bytes [from, to) of an answer, writing whenever one write is full.
Task<bool> Connection::write_bytes(const protocol::EncodedFrame& frame, size_t from, size_t to) {
    ASSERT(from <= to && to <= frame.bytes.size());
    while (true) {
        from = gather(frame, from, to);
        if (from == to) co_return true;
        auto flushing = flush_parts();
        if (!co_await std::move(flushing)) co_return false;
    }
}

// Adds bytes [from, to) to the parts as far as they fit into one write; gives the first that did
// not.
size_t Connection::gather(const protocol::EncodedFrame& frame, size_t from, size_t to) {
    if (from == to || parts_.size() == write_parts_max) return from;
    const size_t count = std::min(to - from, write_bytes_max - parts_bytes_);
    if (count == 0) return from;
    parts_.emplace_back(frame.bytes.data() + from, count);
    parts_bytes_ += count;
    return from + count;
}

Task<bool> Connection::flush_parts() {
    if (parts_.empty()) co_return true;
    write_began_ = host_.services.clock.now();
    auto writing = stream_->write(parts_);
    const auto written = co_await std::move(writing);
    write_began_.reset();
    last_active_ = host_.services.clock.now();
    parts_.clear();
    parts_bytes_ = 0;
    co_return written.has_value() && !closed_;
}

Task<bool> Connection::send_range(FileRange range) {
    while (range.size > 0) {
        FileRange piece = range;
        piece.size = std::min<uint64_t>(range.size, write_bytes_max);
        range.position += piece.size;
        range.size -= piece.size;
        write_began_ = host_.services.clock.now();
        auto sending = stream_->send_file(std::move(piece));
        const auto sent = co_await std::move(sending);
        write_began_.reset();
        last_active_ = host_.services.clock.now();
        if (!sent || closed_) co_return false;
    }
    co_return true;
}

void Connection::drain() {
    if (closed_ || draining_) return;
    draining_ = true;
    room_.notify_all();
    if (output_.places() == 0 && !writing_) close("drained");
}

void Connection::close(const char* why) {
    if (closed_) return;
    closed_ = true;
    log_debug("server", "{}: closed: {}", client_.peer.str(), why);
    host_.registry.remove(registry_id_);
    stream_->close();
    room_.notify_all();
}

void Connection::check_deadlines(Nanos now) {
    const ConnectionLimits& limits = host_.limits;
    if (write_began_ && now - *write_began_ > limits.write_stall_max)
        return close("peer reads nothing");
    if (read_began_ && reader_.in_frame()) {
        const auto bytes = static_cast<int64_t>(reader_.received_of_frame());
        const auto rate = static_cast<int64_t>(limits.assembly_bytes_per_s);
        const Nanos allowed = limits.assembly_max + std::chrono::seconds(bytes / rate);
        if (frame_waited_ + (now - *read_began_) > allowed)
            return close("frame arrives too slowly");
    }
    if (idle() && now - last_active_ > limits.idle_max) close("idle");
}

}  // namespace barnabas::broker
