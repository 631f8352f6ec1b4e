// SPDX-License-Identifier: Apache-2.0
// Peer: one connection of the raw load. Sends prepared frames, gives the beginning of each answer
// and has the kernel throw away the rest, so that reading megabytes costs this side no copy.
// Never reconnects: an error ends the run.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace barnabas::bench {

class Peer {
  public:
    using Tcp = boost::asio::ip::tcp;
    // The first bytes of an answer from its correlation id on, at most `head_bytes_max`; and its
    // whole size. Called when all of the answer has arrived.
    using OnAnswer = std::function<void(Bytes head, size_t size)>;
    using OnError = std::function<void(const std::string&)>;
    static constexpr size_t head_bytes_max = 1024;

    Peer(boost::asio::io_context& io, OnAnswer on_answer, OnError on_error);

    void connect(const Tcp::endpoint& where);
    // `frame` must stay until its answer has come. Frames go out one after another.
    void send(Bytes frame);
    // Frames whose answer has not come.
    size_t in_flight() const { return in_flight_; }
    void close() { socket_.close(); }

  private:
    void write_some();
    void wait_readable();
    void read_some();
    // Takes whole answers out of input_; false while bytes are missing.
    bool take_answer();
    bool would_block(const char* what);

    Tcp::socket socket_;
    OnAnswer on_answer_;
    OnError on_error_;
    std::deque<Bytes> out_;
    size_t out_done_ = 0;
    bool waiting_writable_ = false;
    size_t in_flight_ = 0;
    std::array<uint8_t, 4096> input_{};
    size_t filled_ = 0;
    // The answer whose head was kept in head_ while its end is thrown away.
    std::array<uint8_t, head_bytes_max> head_{};
    size_t head_size_ = 0;
    size_t answer_size_ = 0;
    size_t discard_ = 0;
};

}  // namespace barnabas::bench
