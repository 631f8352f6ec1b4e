// SPDX-License-Identifier: Apache-2.0
// The floor of requests: a server that for each request does no more than receive it, check its
// bytes with CRC-32C, append them to a file and send a prepared answer. It answers every Produce
// with the same offset, so that raw_load takes it for a broker. One thread, level-triggered epoll;
// one whole request at a time a connection. Prints `ready PORT`; ends when stdin closes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/endian/conversion.hpp>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/crc32c.h"
#include "protocol/message.h"
#include "protocol/messages/produce.h"

namespace barnabas::bench {
namespace {

constexpr int16_t produce_version = 12;
constexpr size_t length_bytes = 4;

std::vector<uint8_t> make_answer(const std::string& topic) {
    protocol::ProduceResponse response;
    auto& of = response.responses.emplace_back();
    of.name = Text(topic);
    of.partition_responses.emplace_back().base_offset = Offset{0};
    return protocol::encode_response(1, response, produce_version).bytes;
}

int listen_anywhere() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);
    ASSERT(::bind(listener, where, size) == 0 && ::listen(listener, 4096) == 0);
    ASSERT(::getsockname(listener, where, &size) == 0);
    fmt::print("ready {}\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

void watch(int epoll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ASSERT(::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

class Server {
  public:
    Server(const std::string& path, const std::string& topic)
        : answer_(make_answer(topic)),
          listener_(listen_anywhere()),
          file_(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644)),
          epoll_(::epoll_create1(0)) {
        ASSERT(file_ >= 0 && epoll_ >= 0);
        watch(epoll_, listener_);
        watch(epoll_, STDIN_FILENO);
    }

    // Until stdin closes.
    void run() {
        std::array<epoll_event, 256> events;
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                const int descriptor = events[static_cast<size_t>(i)].data.fd;
                if (descriptor == STDIN_FILENO) return;
                descriptor == listener_ ? accept_some() : serve(descriptor);
            }
        }
    }

  private:
    void accept_some() {
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
        if (peer < 0) return;
        const int on = 1;
        ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll_, peer);
    }

    void serve(int peer) {
        const ssize_t got = ::recv(peer, input_.data(), input_.size(), 0);
        if (got <= 0) {
            ::close(peer);
            return;
        }
        const auto size = static_cast<size_t>(got);
        ASSERT(size == length_bytes + boost::endian::load_big_u32(input_.data()),
               "a request of one record comes whole");
        checksum_ ^= crc32c(Bytes(input_.data(), size));
        ASSERT(::write(file_, input_.data(), size) == got);
        (void)::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }

    const std::vector<uint8_t> answer_;
    const int listener_;
    const int file_;
    const int epoll_;
    uint32_t checksum_ = 0;
    std::array<uint8_t, 65536> input_{};
};

}  // namespace
}  // namespace barnabas::bench

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: floor_server FILE TOPIC\n");
        return 2;
    }
    barnabas::bench::Server(argv[1], argv[2]).run();
    return 0;
}
