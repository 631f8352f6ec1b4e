// SPDX-License-Identifier: Apache-2.0
// Who has the loop is decided by one atomic number. The watcher looks at it every few milliseconds
// while work is watched, and sleeps when there has been none for some looks.
#include "base/asio/loop_guard.h"

#include <boost/asio/post.hpp>

#include "base/asio/thread_start.h"
#include "base/assert.h"

namespace barnabas {
namespace {

// Looks without any work before the watcher sleeps.
constexpr int quiet_looks_max = 4;

Nanos steady_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

bool is_active(uint64_t mark) {
    return mark % 2 == 1;
}

}  // namespace

LoopGuard::~LoopGuard() {
    ASSERT(!second_.joinable(), "run() joins the second thread");
}

void LoopGuard::run() {
    running_ = true;
    serve(Role::loop);
    if (second_.joinable()) second_.join();
    running_ = false;
    ended_ = false;
}

void LoopGuard::serve(Role role) {
    while (true) {
        if (role == Role::loop) {
            if (run_loop()) return finish();
            role = Role::watcher;
        } else {
            if (!watch()) return;
            role = Role::loop;
        }
    }
}

// True if the loop was stopped, false if this thread lost it.
bool LoopGuard::run_loop() {
    try {
        io_.run();
        return true;
    } catch (const Taken&) {
        // What the lost handler queued lies in the loop's queue now, and nobody was woken for it.
        boost::asio::post(io_, [] {});
        return false;
    }
}

bool LoopGuard::can_watch() {
    if (has_watcher_.load(std::memory_order_acquire)) return true;
    if (!running_ || second_.joinable()) return false;
    // It becomes visible as a watcher when it runs; until then work goes elsewhere.
    second_ = start_thread("loop-guard", [this] { serve(Role::watcher); });
    return false;
}

LoopGuard::Watch LoopGuard::begin() {
    const uint64_t mark = mark_.load(std::memory_order_relaxed) + 1;
    ASSERT(is_active(mark), "watched work is not nested");
    // Before the look at the watcher, which looks the other way round.
    mark_.store(mark, std::memory_order_seq_cst);
    if (watcher_sleeps_.load(std::memory_order_seq_cst)) wake_watcher();
    return {mark, steady_now()};
}

bool LoopGuard::end(Watch watch) {
    uint64_t expected = watch.mark;
    if (!mark_.compare_exchange_strong(expected, watch.mark + 1, std::memory_order_acq_rel))
        throw Taken{};
    return steady_now() - watch.began < patience_;
}

void LoopGuard::wake_watcher() {
    const std::lock_guard lock(mutex_);
    watcher_sleeps_.store(false, std::memory_order_seq_cst);
    wake_.notify_all();
}

// Returns when this thread has to take the loop (true) or there is none any more (false).
bool LoopGuard::watch() {
    std::unique_lock lock(mutex_);
    has_watcher_.store(true, std::memory_order_release);
    uint64_t last = 0;
    int quiet_looks = 0;
    while (!ended_) {
        if (quiet_looks >= quiet_looks_max) {
            watcher_sleeps_.store(true, std::memory_order_seq_cst);
            auto woken = [this] { return ended_ || !watcher_sleeps_.load(); };
            if (!is_active(mark_.load(std::memory_order_seq_cst))) wake_.wait(lock, woken);
            watcher_sleeps_.store(false, std::memory_order_seq_cst);
            quiet_looks = 0;
        }
        // The mark is taken before the wait, so that the same one after it has been there as long.
        last = mark_.load(std::memory_order_acquire);
        wake_.wait_for(lock, patience_, [this] { return ended_; });
        uint64_t mark = mark_.load(std::memory_order_acquire);
        quiet_looks = mark == last ? quiet_looks + 1 : 0;
        if (ended_ || mark != last || !is_active(mark)) continue;
        has_watcher_.store(false, std::memory_order_relaxed);
        if (mark_.compare_exchange_strong(mark, mark + 1, std::memory_order_acq_rel)) {
            takeovers_.fetch_add(1, std::memory_order_relaxed);
            return true;
        }
        has_watcher_.store(true, std::memory_order_release);
    }
    has_watcher_.store(false, std::memory_order_relaxed);
    return false;
}

void LoopGuard::finish() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_all();
}

}  // namespace barnabas
