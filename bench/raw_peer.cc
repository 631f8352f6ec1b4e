// SPDX-License-Identifier: Apache-2.0
// See raw_peer.h.
#include "bench/raw_peer.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <cerrno>
#include <cstring>

namespace barnabas::bench {
namespace {

constexpr size_t length_bytes = 4;
constexpr size_t discard_bytes_max = size_t{1} << 20;

}  // namespace

Peer::Peer(boost::asio::io_context& io, OnAnswer on_answer, OnError on_error)
    : socket_(io), on_answer_(std::move(on_answer)), on_error_(std::move(on_error)) {}

void Peer::connect(const Tcp::endpoint& where) {
    socket_.connect(where);
    socket_.set_option(Tcp::no_delay(true));
    socket_.non_blocking(true);
    wait_readable();
}

void Peer::send(Bytes frame) {
    ++in_flight_;
    out_.push_back(frame);
    if (!waiting_writable_) write_some();
}

bool Peer::would_block(const char* what) {
    if (errno == EAGAIN || errno == EINTR) return true;
    on_error_(std::string(what) + ": " + std::strerror(errno));
    return false;
}

void Peer::write_some() {
    while (!out_.empty()) {
        const Bytes rest = out_.front().subspan(out_done_);
        const ssize_t sent =
            ::send(socket_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (!would_block("send")) return;
            waiting_writable_ = true;
            socket_.async_wait(Tcp::socket::wait_write,
                               [this](const boost::system::error_code& error) {
                                   waiting_writable_ = false;
                                   if (!error) write_some();
                               });
            return;
        }
        out_done_ += static_cast<size_t>(sent);
        if (out_done_ < out_.front().size()) continue;
        out_.pop_front();
        out_done_ = 0;
    }
}

void Peer::wait_readable() {
    socket_.async_wait(Tcp::socket::wait_read, [this](const boost::system::error_code& error) {
        if (!error) read_some();
    });
}

void Peer::read_some() {
    const bool discards = discard_ > 0;
    const size_t want = discards ? std::min(discard_, discard_bytes_max) : input_.size() - filled_;
    void* into = discards ? nullptr : input_.data() + filled_;
    const int flags = MSG_DONTWAIT | (discards ? MSG_TRUNC : 0);
    const ssize_t got = ::recv(socket_.native_handle(), into, want, flags);
    if (got == 0) return on_error_("the broker closed a connection");
    if (got < 0 && !would_block("recv")) return;
    if (got > 0 && discards) {
        discard_ -= static_cast<size_t>(got);
        if (discard_ == 0) {
            --in_flight_;
            on_answer_(Bytes(head_.data(), head_size_), answer_size_);
        }
    } else if (got > 0) {
        filled_ += static_cast<size_t>(got);
        while (take_answer()) {
        }
    }
    if (socket_.is_open()) wait_readable();
}

bool Peer::take_answer() {
    if (filled_ < length_bytes) return false;
    answer_size_ = boost::endian::load_big_u32(input_.data());
    const size_t whole = length_bytes + answer_size_;
    const size_t head_end = length_bytes + std::min(answer_size_, head_bytes_max);
    if (filled_ < head_end) return false;
    head_size_ = head_end - length_bytes;
    std::copy_n(input_.data() + length_bytes, head_size_, head_.data());
    const size_t taken = std::min(whole, filled_);
    std::copy(input_.data() + taken, input_.data() + filled_, input_.data());
    filled_ -= taken;
    discard_ = whole - taken;
    if (discard_ > 0) return false;
    --in_flight_;
    on_answer_(Bytes(head_.data(), head_size_), answer_size_);
    return socket_.is_open();
}

}  // namespace barnabas::bench
