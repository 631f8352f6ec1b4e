// SPDX-License-Identifier: Apache-2.0
// The physical floor beside which a broker is measured: what a process must at least spend to take
// bytes from a loopback socket, check them with CRC-32C and write them to a file that grows, and to
// send a file's bytes with sendfile. The other end is a child, whose time does not count. Prints
// one line of JSON: bytes, seconds, CPU seconds of this process. Knows no protocol.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/random.h"

namespace barnabas::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
    std::string path;
    size_t bytes = size_t{500} << 20;
    size_t piece = size_t{64} << 10;
    int core = -1;
    int peer_core = -1;
    bool sync = false;
};

void pin(int core) {
    if (core < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ASSERT(sched_setaffinity(0, sizeof set, &set) == 0, "there is such a core");
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Ends {
    int ours = -1;
    int theirs = -1;
};

// Two ends of one TCP connection over loopback.
Ends connect_ends() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);
    ASSERT(::bind(listener, where, size) == 0);
    ASSERT(::listen(listener, 1) == 0 && ::getsockname(listener, where, &size) == 0);
    Ends ends;
    ends.theirs = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT(::connect(ends.theirs, where, size) == 0);
    ends.ours = ::accept(listener, nullptr, nullptr);
    ASSERT(ends.ours >= 0);
    ::close(listener);
    return ends;
}

void send_all(int socket, const std::vector<uint8_t>& block, size_t bytes) {
    while (bytes > 0) {
        const ssize_t sent = ::send(socket, block.data(), std::min(bytes, block.size()), 0);
        ASSERT(sent > 0);
        bytes -= static_cast<size_t>(sent);
    }
}

void discard_all(int socket) {
    while (::recv(socket, nullptr, size_t{1} << 20, MSG_TRUNC) > 0) {
    }
}

uint32_t receive(const Options& options, int socket) {
    const int file = ::open(options.path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    ASSERT(file >= 0, "the file can be made");
    std::vector<uint8_t> block(options.piece);
    uint32_t crc = 0;
    for (size_t left = options.bytes; left > 0;) {
        const size_t want = std::min(left, block.size());
        ASSERT(::recv(socket, block.data(), want, MSG_WAITALL) == static_cast<ssize_t>(want));
        crc ^= crc32c(Bytes(block.data(), want));
        ASSERT(::write(file, block.data(), want) == static_cast<ssize_t>(want));
        if (options.sync) ASSERT(::fdatasync(file) == 0);
        left -= want;
    }
    ::close(file);
    return crc;
}

void send_file(const Options& options, int socket) {
    const int file = ::open(options.path.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT(file >= 0, "there is such a file");
    for (off_t at = 0; at < static_cast<off_t>(options.bytes);) {
        const size_t left = options.bytes - static_cast<size_t>(at);
        const ssize_t sent = ::sendfile(socket, file, &at, std::min(options.piece, left));
        ASSERT(sent > 0, "the file is long enough");
    }
    ::close(file);
}

// Makes this much memory present and gives it back: where a host takes free pages away, the first
// use of each costs several times what anything else does.
int touch(const Options& options) {
    std::vector<uint8_t> memory(options.bytes);
    uint64_t sum = 0;
    for (size_t at = 0; at < memory.size(); at += 4096) sum += ++memory[at];
    return sum == 0 ? 1 : 0;
}

int run(const Options& options, bool receives) {
    Ends ends = connect_ends();
    std::vector<uint8_t> block(size_t{256} << 10);
    Random(1).fill(block);
    const pid_t child = ::fork();
    ASSERT(child >= 0);
    if (child == 0) {
        ::close(ends.ours);
        pin(options.peer_core);
        receives ? send_all(ends.theirs, block, options.bytes) : discard_all(ends.theirs);
        ::_exit(0);
    }
    ::close(ends.theirs);
    pin(options.core);
    const double cpu = cpu_seconds();
    const auto begin = SteadyClock::now();
    const uint32_t crc = receives ? receive(options, ends.ours) : 0;
    if (!receives) send_file(options, ends.ours);
    const double spent = cpu_seconds() - cpu;
    const double took = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    ::close(ends.ours);
    int status = 0;
    ASSERT(::waitpid(child, &status, 0) == child && status == 0, "the other end went well");
    fmt::print(R"({{"bytes": {}, "seconds": {:.4f}, "cpu_seconds": {:.4f}, "crc": {}}})"
               "\n",
               options.bytes, took, spent, crc);
    return 0;
}

}  // namespace
}  // namespace barnabas::bench

int main(int argc, char** argv) {
    barnabas::bench::Options options;
    CLI::App app{"The least that receiving into a file, or sending one, costs on this machine"};
    app.require_subcommand(1);
    auto* receive = app.add_subcommand("receive", "socket, CRC-32C, write to a new file");
    auto* send = app.add_subcommand("send", "a file to a socket with sendfile");
    for (auto* command : {receive, send}) {
        command->add_option("path", options.path)->required();
        command->add_option("--bytes", options.bytes);
        command->add_option("--piece", options.piece, "bytes of each read, write or sendfile");
        command->add_option("--core", options.core, "where what is measured runs");
        command->add_option("--peer-core", options.peer_core, "where the other end runs");
    }
    receive->add_flag("--sync", options.sync, "fdatasync after each piece");
    auto* touch = app.add_subcommand("touch", "makes memory present and gives it back");
    touch->add_option("--bytes", options.bytes);
    CLI11_PARSE(app, argc, argv);
    if (touch->parsed()) return barnabas::bench::touch(options);
    return barnabas::bench::run(options, receive->parsed());
}
