// SPDX-License-Identifier: Apache-2.0
// aligned_alloc for the whole program. Asio takes the frames of coroutines from it, with the
// alignment that all memory has anyway; the C library's own goes a slow way then, past its caches,
// which cost a broker as much as its own work on small requests.
#include <cstddef>
#include <cstdlib>

extern "C" void* aligned_alloc(size_t alignment, size_t size) noexcept {
    if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
    void* memory = nullptr;
    return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}
