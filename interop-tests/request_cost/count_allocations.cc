// SPDX-License-Identifier: Apache-2.0
// Loaded into a broker with LD_PRELOAD: counts what asks the system's allocator for memory, in a
// file that whoever started the broker reads at any time. Changes nothing else.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

std::atomic<uint64_t> before_the_file;
std::atomic<uint64_t>* counter = &before_the_file;

__attribute__((constructor)) void open_file() {
    const char* const path = std::getenv("ALLOCATION_COUNT_FILE");
    if (path == nullptr) return;
    const int descriptor = ::open(path, O_RDWR | O_CREAT, 0644);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(uint64_t)) != 0) std::abort();
    void* const page =
        ::mmap(nullptr, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (page == MAP_FAILED) std::abort();
    ::close(descriptor);
    counter = static_cast<std::atomic<uint64_t>*>(page);
}

void count() {
    counter->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void* calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void* realloc(void* old, size_t size) {
    count();
    return __libc_realloc(old, size);
}

void* memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, size_t alignment, size_t size) {
    count();
    *result = __libc_memalign(alignment, size);
    return *result == nullptr ? ENOMEM : 0;
}

}  // extern "C"
