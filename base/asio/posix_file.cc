// SPDX-License-Identifier: Apache-2.0
// PosixFile by pread, pwritev, fdatasync. What the page cache holds is asked with
// preadv2(RWF_NOWAIT, Linux 4.14) and cachestat (Linux 6.5); where a kernel, a file system or a
// seccomp filter refuses them, the answer is "cached": the read then blocks, as it would without
// the question.
#include "base/asio/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/gather.h"

namespace barnabas {
namespace {

constexpr uint64_t page_bytes = 4096;

// Repeats a system call that a signal interrupted.
template <class Call>
auto restarting(Call call) {
    while (true) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

bool means_unsupported(int error) {
    return error == EOPNOTSUPP || error == EINVAL || error == ENOSYS || error == EPERM;
}

ssize_t read_without_waiting(int descriptor, uint64_t position, MutableBytes into) {
    const iovec part{into.data(), into.size()};
    auto call = [&] {
        return ::preadv2(descriptor, &part, 1, static_cast<off_t>(position), RWF_NOWAIT);
    };
    return restarting(call);
}

ssize_t read_waiting(int descriptor, uint64_t position, MutableBytes into) {
    auto call = [&] {
        return ::pread(descriptor, into.data(), into.size(), static_cast<off_t>(position));
    };
    return restarting(call);
}

// As the kernel's struct cachestat_range and struct cachestat, which libc does not declare yet.
struct CacheRange {
    uint64_t position;
    uint64_t size;
};
struct CacheState {
    uint64_t cached_pages;
    uint64_t dirty_pages;
    uint64_t writeback_pages;
    uint64_t evicted_pages;
    uint64_t recently_evicted_pages;
};

// Pages of the range that are in the page cache; nullopt where the kernel does not tell.
std::optional<uint64_t> cached_pages(int descriptor, uint64_t position, uint64_t size) {
    constexpr long cachestat_number = 451;  // the same on every architecture
    CacheRange range{position, size};
    CacheState state{};
    if (::syscall(cachestat_number, descriptor, &range, &state, 0) != 0) return std::nullopt;
    return state.cached_pages;
}

// True unless the kernel says that reading the byte at `position` would wait.
bool byte_is_cached(int descriptor, uint64_t position) {
    uint8_t byte = 0;
    if (read_without_waiting(descriptor, position, {&byte, 1}) >= 0) return true;
    return errno != EAGAIN;
}

uint64_t pages_of(uint64_t position, uint64_t size) {
    return (position + size - 1) / page_bytes - position / page_bytes + 1;
}

}  // namespace

std::unexpected<Error> disk_error(const char* where, int errno_value) {
    return fail(ErrorCode::kafka_storage_error, where, errno_value);
}

PosixFile::~PosixFile() {
    constexpr off_t much = 4 << 20;
    struct stat status{};
    const bool known = ::fstat(descriptor_, &status) == 0;
    if (known && status.st_nlink == 0 && status.st_size >= much)
        closer_->close(descriptor_);
    else
        ::close(descriptor_);
}

Result<size_t> PosixFile::read_at(uint64_t position, MutableBytes into, ReadMode mode) const {
    size_t done = 0;
    while (done < into.size()) {
        const MutableBytes rest = into.subspan(done);
        ssize_t count = -1;
        if (mode == ReadMode::cached_only) {
            count = read_without_waiting(descriptor_, position + done, rest);
            if (count < 0 && means_unsupported(errno)) mode = ReadMode::blocking;
        }
        if (mode == ReadMode::blocking) count = read_waiting(descriptor_, position + done, rest);
        if (count < 0) return disk_error("read", errno);
        if (count == 0) break;
        done += static_cast<size_t>(count);
    }
    ASSERT(done <= into.size());
    return done;
}

Result<void> PosixFile::write_at(uint64_t position, std::span<const Bytes> parts) {
    Gather gather(parts);
    while (!gather.done()) {
        const auto vectors = gather.vectors();
        auto call = [&] {
            return ::pwritev(descriptor_, vectors.data(), static_cast<int>(vectors.size()),
                             static_cast<off_t>(position));
        };
        const ssize_t count = restarting(call);
        if (count < 0) return disk_error("write", errno);
        // Nothing written and no error: a full device on some file systems.
        if (count == 0) return disk_error("write", ENOSPC);
        position += static_cast<uint64_t>(count);
        gather.advance(static_cast<size_t>(count));
    }
    return {};
}

Result<void> PosixFile::sync() {
    // Not repeated, not even after EINTR: a second fsync may succeed without having written (L11).
    if (::fdatasync(descriptor_) != 0) return disk_error("fdatasync", errno);
    return {};
}

Result<uint64_t> PosixFile::size() const {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return disk_error("fstat", errno);
    return static_cast<uint64_t>(status.st_size);
}

Result<void> PosixFile::truncate(uint64_t size) {
    auto call = [&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); };
    if (restarting(call) != 0) return disk_error("ftruncate", errno);
    return {};
}

Result<void> PosixFile::preallocate(uint64_t size) {
    if (size == 0) return {};
    auto call = [&] {
        return ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
    };
    if (restarting(call) == 0 || errno == EOPNOTSUPP) return {};
    return disk_error("fallocate", errno);
}

bool PosixFile::is_cached(uint64_t position, uint64_t size) const {
    if (size == 0) return true;
    if (!byte_is_cached(descriptor_, position)) return false;
    // A page under read-ahead counts as cached but is not readable yet; the last one arrives last.
    if (!byte_is_cached(descriptor_, position + size - 1)) return false;
    const auto cached = cached_pages(descriptor_, position, size);
    if (cached) {
        if (*cached >= pages_of(position, size)) return true;
        // A range that reaches beyond the end of the file has fewer pages than it seems.
        const auto file_size = this->size();
        if (!file_size || *file_size <= position) return true;
        const uint64_t inside = std::min(size, *file_size - position);
        return *cached >= pages_of(position, inside);
    }
    constexpr uint64_t stride = 128 * 1024;
    for (uint64_t at = stride; at < size; at += stride)
        if (!byte_is_cached(descriptor_, position + at)) return false;
    return true;
}

void PosixFile::read_ahead(uint64_t position, uint64_t size) const {
    // The advice starts all transfers; reading then waits for each of them.
    ::posix_fadvise(descriptor_, static_cast<off_t>(position), static_cast<off_t>(size),
                    POSIX_FADV_WILLNEED);
    std::vector<uint8_t> scratch(std::min<uint64_t>(size, 256 * 1024));
    while (size > 0) {
        const MutableBytes into(scratch.data(), std::min<uint64_t>(size, scratch.size()));
        const ssize_t count = read_waiting(descriptor_, position, into);
        if (count <= 0) return;
        position += static_cast<uint64_t>(count);
        size -= static_cast<uint64_t>(count);
    }
}

}  // namespace barnabas
