// SPDX-License-Identifier: Apache-2.0
// Threads inherit the signal mask of their maker: it is closed for the moment of creation.
#include "base/asio/thread_start.h"

#include <pthread.h>

#include <csignal>
#include <utility>

#include "base/assert.h"

namespace barnabas {

std::thread start_thread(const std::string& name, std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ASSERT(pthread_sigmask(SIG_BLOCK, &all, &before) == 0);
    std::thread thread(std::move(body));
    ASSERT(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
    constexpr size_t name_max = 15;
    pthread_setname_np(thread.native_handle(), name.substr(0, name_max).c_str());
    return thread;
}

}  // namespace barnabas
