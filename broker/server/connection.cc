// SPDX-License-Identifier: Apache-2.0
// What a connection does: reading and running requests, reading on for a handler that admitted the
// next request, writing answers.
#include "broker/server/connection.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "broker/server/connection_registry.h"

namespace barnabas::broker {
namespace {

// One write takes at most this much: what a slow peer must take within write_stall_max.
constexpr size_t write_bytes_max = 1 << 20;
constexpr size_t write_answers_max = 64;
// What one connection may send in one turn of the loop, before others get theirs.
constexpr size_t turn_bytes_max = 512 * 1024;
// A connection that has asked nothing for so long keeps as little as it can.
constexpr Nanos park_after = std::chrono::milliseconds(20);
// How often a connection that waits for others' memory looks whether it was closed meanwhile.
constexpr Nanos muted_check = std::chrono::seconds(1);

}  // namespace

Connection::Connection(ConnectionHost& host, std::unique_ptr<Stream> stream,
                       const ListenerConfig& listener)
    : host_(host),
      stream_(std::move(stream)),
      eager_(dynamic_cast<EagerStream*>(stream_.get())),
      listener_(listener),
      reader_(host.memory, host.limits.frame_bytes_max),
      room_(host.services.clock),
      batch_(write_bytes_max),
      last_active_(host.services.clock.now()) {
    client_.peer = stream_->peer();
    registry_id_ = host_.registry.add(*this);
    if (eager_ != nullptr) host_.turns.woke_up();
}

Connection::~Connection() {
    close("gone");
}

Task<void> Connection::serve(std::shared_ptr<Connection> self) {
    ASSERT(self.get() == this);
    Clock& clock = host_.services.clock;
    while (!closed_ && !draining_) {
        if (!may_admit()) {
            auto waiting = room_.wait_until(clock.after(muted_check));
            co_await std::move(waiting);
            continue;
        }
        auto frame = reader_.next();
        if (!frame) {
            close("frame size refused");
        } else if (*frame) {
            frame_waited_ = Nanos{};
            auto running = run_request(std::move(**frame));
            const bool reads_on = co_await std::move(running);
            if (!reads_on) co_return;
        } else if (!reader_.make_space()) {
            auto waiting = host_.memory.freed().wait_until(clock.after(muted_check));
            co_await std::move(waiting);
        } else {
            read_began_ = clock.now();
            auto reading = stream_->read_some(reader_.space());
            const auto count = co_await std::move(reading);
            if (!take_read(count)) break;
        }
    }
    if (parking_ && !closed_) park();
}

bool Connection::rest(Nanos now) {
    const bool only_reads = read_began_.has_value() && idle() && !writing_;
    if (eager_ == nullptr || !only_reads || parking_ || closed_ || draining_) return false;
    if (now - last_active_ <= park_after) return true;
    parking_ = true;
    eager_->stop_waiting();
    return false;
}

// The end of the reading task.
void Connection::park() {
    reader_.release();
    output_.release();
    batch_.release();
    eager_->when_readable([self = shared_from_this()] { self->wake_up(); });
}

void Connection::wake_up() {
    parking_ = false;
    if (closed_) return;
    host_.turns.woke_up();
    if (!host_.tasks.spawn(serve(shared_from_this()))) close("shutting down");
}

bool Connection::may_admit() const {
    return output_.places() < host_.limits.places_max &&
           output_.bytes() < host_.limits.output_bytes_max;
}

// What a read gave; false if nothing more will come.
bool Connection::take_read(const Result<size_t>& count) {
    const Nanos now = host_.services.clock.now();
    if (reader_.in_frame()) frame_waited_ += now - *read_began_;
    read_began_.reset();
    if (closed_) return false;
    if (!count) {
        // A peer that failed just now is told of by the next read.
        if (!parking_) close("read failed");
        return false;
    }
    parking_ = false;  // something came just before
    if (*count == 0) {
        drain();
        return false;
    }
    reader_.received(*count);
    last_active_ = now;
    return true;
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
    const uint64_t request_id = ++requests_;
    request_in_hand_ = request_id;
    RequestContext ctx{host_.services};
    ctx.listener = &listener_;
    ctx.client = &client_;
    ctx.frame = std::move(frame.owner);
    ctx.admit_next = [this, request_id] { host_.turns.hand_over(shared_from_this(), request_id); };
    if (!known) {
        fill(place, refuse_api_versions(header.correlation_id), ctx);
        co_return !closed_;
    }
    const Nanos began = ctx.now();
    auto serving = host_.apis.serve(*api, ctx, request->body, header);
    Answer answer = co_await std::move(serving);
    host_.apis.count(*api, ctx, request->body.size(), answer, began);
    fill(place, std::move(answer), ctx);
    // Else another task reads on, perhaps with a request of its own in hand.
    const bool reads_on = request_in_hand_ == request_id;
    if (reads_on) request_in_hand_ = 0;
    co_return reads_on && !closed_;
}

bool Connection::waits_for(uint64_t request) const {
    return !closed_ && !draining_ && request_in_hand_ == request;
}

void Connection::hand_over(uint64_t request) {
    ASSERT(waits_for(request));
    request_in_hand_ = 0;
    if (!host_.tasks.spawn(serve(shared_from_this()))) request_in_hand_ = request;
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

// Answers that get ready in this turn of the loop go out together, after it.
void Connection::start_writing() {
    if (writing_ || closed_ || !output_.ready()) return;
    writing_ = true;
    host_.turns.write(shared_from_this());
}

void Connection::write_ready(Nanos now) {
    ASSERT(writing_);
    while (!closed_ && output_.ready()) {
        ends_after_batch_ = output_.take(batch_.frames(), write_answers_max, write_bytes_max);
        batch_.start();
        if (eager_ == nullptr || !write_now(now)) {
            if (!closed_ && !host_.tasks.spawn(write_on(shared_from_this())))
                close("shutting down");
            return;
        }
        end_batch();
    }
    end_writing();
}

void Connection::end_batch() {
    batch_.clear();
    room_.notify_all();
    if (ends_after_batch_) close("asked to by the request");
}

void Connection::end_writing() {
    writing_ = false;
    if (draining_ && output_.places() == 0) close("drained");
}

// Writes what the peer takes without a wait; true if that was all of the batch.
bool Connection::write_now(Nanos now) {
    uint64_t in_turn = 0;
    while (!batch_.done()) {
        const auto sent = send_now();
        if (!sent) close("write failed");
        if (!sent || *sent == 0) return false;
        batch_.sent(*sent);
        in_turn += *sent;
        if (in_turn >= turn_bytes_max && !batch_.done()) return false;
    }
    last_active_ = now;
    return true;
}

Result<uint64_t> Connection::send_now() {
    const std::span<const Bytes> parts = batch_.bytes();
    if (!parts.empty()) return eager_->write_now(parts);
    FileRange piece = batch_.range();
    piece.size = std::min<uint64_t>(piece.size, turn_bytes_max);
    return eager_->send_file_now(piece);
}

// The rest of the batch, and what is ready behind it.
Task<void> Connection::write_on(std::shared_ptr<Connection> self) {
    ASSERT(self.get() == this && writing_);
    while (!closed_) {
        while (!closed_ && !batch_.done()) {
            auto writing = write_piece();
            const bool written = co_await std::move(writing);
            if (!written) close("write failed");
        }
        end_batch();
        if (closed_ || !output_.ready()) break;
        ends_after_batch_ = output_.take(batch_.frames(), write_answers_max, write_bytes_max);
        batch_.start();
    }
    end_writing();
}

Task<bool> Connection::write_piece() {
    const std::span<const Bytes> parts = batch_.bytes();
    uint64_t size = 0;
    for (const Bytes part : parts) size += part.size();
    write_began_ = host_.services.clock.now();
    Result<void> sent;
    if (!parts.empty()) {
        auto writing = stream_->write(parts);
        sent = co_await std::move(writing);
    } else {
        FileRange piece = batch_.range();
        size = piece.size;
        auto sending = stream_->send_file(std::move(piece));
        sent = co_await std::move(sending);
    }
    write_began_.reset();
    last_active_ = host_.services.clock.now();
    if (!sent || closed_) co_return false;
    batch_.sent(size);
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
