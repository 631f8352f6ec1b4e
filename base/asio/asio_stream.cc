// SPDX-License-Identifier: Apache-2.0
// AsioStream: the system calls of one connection. Every wait may end with the socket closed;
// nothing of the stream but the shared socket is touched after one.
#include "base/asio/asio_stream.h"

#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/gather.h"

namespace barnabas {
namespace {

constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
using Socket = AsioStream::Socket;
using SocketPointer = std::shared_ptr<Socket>;

// Waits until the socket takes bytes again, or is closed.
Task<Result<void>> wait_writable(SocketPointer socket) {
    const auto [error] = co_await socket->async_wait(Socket::wait_write, as_result);
    if (error) co_return network_error("wait for writing", error);
    if (!socket->is_open()) co_return network_error("wait for writing", ECANCELED);
    co_return Result<void>{};
}

// Lets the loop's other work run.
Task<void> give_way(SocketPointer socket) {
    co_await boost::asio::post(socket->get_executor(), boost::asio::use_awaitable);
}

ssize_t send_without_waiting(int descriptor, Gather& gather) {
    const std::span<iovec> vectors = gather.vectors();
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = vectors.size();
    return ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

Endpoint peer_of(const Socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return {};
    auto address = endpoint.address();
    // A client of the dual-stack listener that came by IPv4 is named as one.
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    return {address.to_string(), endpoint.port()};
}

}  // namespace

std::unexpected<Error> network_error(const char* where, int errno_value) {
    return fail(ErrorCode::network_exception, where, errno_value);
}

std::unexpected<Error> network_error(const char* where, const boost::system::error_code& error) {
    const bool is_errno = error.category() == boost::system::system_category();
    return network_error(where, is_errno ? error.value() : 0);
}

AsioStream::AsioStream(Socket socket)
    : socket_(std::make_shared<Socket>(std::move(socket))), peer_(peer_of(*socket_)) {
    // A socket that died meanwhile refuses the options; its first read tells the rest.
    boost::system::error_code ignored;
    socket_->set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket_->set_option(boost::asio::socket_base::keep_alive(true), ignored);
    socket_->native_non_blocking(true, ignored);
}

AsioStream::~AsioStream() {
    close();
}

void AsioStream::close() {
    boost::system::error_code ignored;
    socket_->shutdown(Socket::shutdown_both, ignored);
    socket_->close(ignored);
}

void AsioStream::stop_waiting() {
    boost::system::error_code ignored;
    socket_->cancel(ignored);
}

void AsioStream::when_readable(std::move_only_function<void()> then) {
    auto call = [socket = socket_, then = std::move(then)](boost::system::error_code) mutable {
        then();
    };
    socket_->async_wait(Socket::wait_read, std::move(call));
}

Task<Result<size_t>> AsioStream::read_some(MutableBytes into) {
    ASSERT(!into.empty(), "reading nothing looks like the end");
    const SocketPointer socket = socket_;
    const auto buffer = boost::asio::buffer(into.data(), into.size());
    const auto [error, count] = co_await socket->async_read_some(buffer, as_result);
    if (error == boost::asio::error::eof) co_return size_t{0};
    if (error) co_return network_error("read", error);
    co_return count;
}

Task<Result<void>> AsioStream::write(std::span<const Bytes> parts) {
    const SocketPointer socket = socket_;
    Gather gather(parts);
    while (!gather.done()) {
        if (!socket->is_open()) co_return network_error("write", ECANCELED);
        const ssize_t count = send_without_waiting(socket->native_handle(), gather);
        if (count >= 0) {
            gather.advance(static_cast<size_t>(count));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return network_error("write", errno);
        const auto writable = co_await wait_writable(socket);
        if (!writable) co_return std::unexpected(writable.error());
    }
    co_return Result<void>{};
}

Result<size_t> AsioStream::write_now(std::span<const Bytes> parts) {
    if (!socket_->is_open()) return network_error("write", ECANCELED);
    Gather gather(parts);
    while (!gather.done()) {
        const ssize_t count = send_without_waiting(socket_->native_handle(), gather);
        if (count >= 0) return static_cast<size_t>(count);
        if (errno == EAGAIN) break;
        if (errno != EINTR) return network_error("write", errno);
    }
    return size_t{0};
}

Result<uint64_t> AsioStream::send_file_now(const FileRange& range) {
    ASSERT(range.file != nullptr);
    const int source = range.file->native_handle();
    if (source < 0) return uint64_t{0};
    if (!socket_->is_open()) return network_error("sendfile", ECANCELED);
    auto position = static_cast<off_t>(range.position);
    while (range.size > 0) {
        const ssize_t count = ::sendfile(socket_->native_handle(), source, &position, range.size);
        if (count > 0) return static_cast<uint64_t>(count);
        if (count == 0) return fail(ErrorCode::kafka_storage_error, "send_file past the end");
        if (errno == EAGAIN) break;
        if (errno != EINTR) return network_error("sendfile", errno);
    }
    return uint64_t{0};
}

Task<Result<void>> AsioStream::send_file(FileRange range) {
    ASSERT(range.file != nullptr);
    const int source = range.file->native_handle();
    if (source < 0) co_return co_await send_by_copy(*this, std::move(range));
    // One piece is what a fast reader may cost the loop before others get their turn.
    constexpr uint64_t piece_max = 512 * 1024;
    const SocketPointer socket = socket_;
    auto position = static_cast<off_t>(range.position);
    uint64_t left = range.size;
    while (left > 0) {
        if (!socket->is_open()) co_return network_error("sendfile", ECANCELED);
        const size_t piece = std::min(left, piece_max);
        const ssize_t count = ::sendfile(socket->native_handle(), source, &position, piece);
        if (count == 0) co_return fail(ErrorCode::kafka_storage_error, "send_file past the end");
        if (count > 0) {
            left -= static_cast<uint64_t>(count);
            if (left > 0 && static_cast<size_t>(count) == piece) co_await give_way(socket);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return network_error("sendfile", errno);
        const auto writable = co_await wait_writable(socket);
        if (!writable) co_return std::unexpected(writable.error());
    }
    co_return Result<void>{};
}

}  // namespace barnabas
