// SPDX-License-Identifier: Apache-2.0
// LoopGuard: runs an io_context on one of two threads at a time. The loop is a role, not a thread:
// the one that has it may do short work that touches nothing of the loop's (a write to the page
// cache, of a lane) without handing it to a thread that sleeps. If such work takes long, because a
// disk hangs, the other thread takes the loop over and goes on; the first one finishes its work and
// then watches in its turn. So the loop stands still for twice the patience at most. Never runs two
// handlers at a time.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "base/nanos.h"

namespace barnabas {

class LoopGuard {
  public:
    explicit LoopGuard(boost::asio::io_context& io, Nanos patience = std::chrono::milliseconds(5))
        : io_(io), patience_(patience) {}
    LoopGuard(const LoopGuard&) = delete;
    LoopGuard& operator=(const LoopGuard&) = delete;
    ~LoopGuard();

    // Runs the loop until io.stop(), part of the time on another thread.
    void run();

    // [loop] True if somebody watches now, so that watched() may be called. The first call makes
    // the second thread.
    bool can_watch();
    // [loop] Runs `work`, as the whole of a handler: nothing comes after it in the same handler.
    // True if it was quick; else the loop may have been taken over (then this throws, to end the
    // handler; run() catches).
    template <class Work>
    bool watched(Work& work) {
        const Watch watch = begin();
        work();
        return end(watch);
    }
    boost::asio::io_context& io() { return io_; }
    // How often the loop changed its thread.
    uint64_t takeovers() const { return takeovers_.load(std::memory_order_relaxed); }

  private:
    struct Taken {};  // thrown out of the handler whose thread lost the loop
    struct Watch {
        uint64_t mark;
        Nanos began;
    };
    enum class Role { loop, watcher };

    Watch begin();
    bool end(Watch watch);
    void serve(Role role);
    bool run_loop();
    bool watch();
    void wake_watcher();
    void finish();

    boost::asio::io_context& io_;
    const Nanos patience_;
    // Odd while work is watched; the watcher makes it even to take the loop.
    std::atomic<uint64_t> mark_{0};
    std::atomic<bool> has_watcher_{false};
    std::atomic<bool> watcher_sleeps_{false};
    std::atomic<uint64_t> takeovers_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ended_ = false;
    bool running_ = false;  // inside run(), which is where a second thread may be made
    std::thread second_;
};

}  // namespace barnabas
