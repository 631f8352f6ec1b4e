// SPDX-License-Identifier: Apache-2.0
// ThreadLane's queue: a vector that whoever runs the jobs (the thread, or a turn on the loop) swaps
// for an empty one, under a lock held for a moment. `busy` says that somebody runs jobs: it is what
// keeps the lane serial.
#include "base/asio/thread_lane.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/asio/loop_guard.h"
#include "base/asio/thread_start.h"
#include "base/assert.h"

namespace barnabas {
namespace {

// How long the thread does everything after a quick job was not quick.
constexpr auto lending_pause = std::chrono::seconds(1);

using SteadyClock = std::chrono::steady_clock;

}  // namespace

struct ThreadLane::State : std::enable_shared_from_this<ThreadLane::State> {
    explicit State(LoopGuard* loop_in) : loop(loop_in) {}

    void post(Job job);
    void post_quick(Job job);
    void run_thread();
    bool take(std::vector<Job>& batch);
    void take_turn();
    bool take_quick();
    void run(std::vector<Job>& batch);
    void let_go();

    LoopGuard* const loop;
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<Job> queued;
    bool busy = false;         // a thread runs jobs
    bool sleeping = false;     // the lane's own thread waits in take()
    bool wanted = false;       // something is queued for the lane's own thread
    bool turn_is_due = false;  // a turn on the loop comes for what is queued
    bool ending = false;
    std::atomic<size_t> depth{0};

    // [loop]
    std::vector<Job> lent;
    SteadyClock::time_point lends_from{};
};

void ThreadLane::State::post(Job job) {
    ASSERT(job != nullptr);
    bool asleep = false;
    depth.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(mutex);
        queued.push_back(std::move(job));
        wanted = true;
        // Only the first job after a pause pays for waking the thread; who runs jobs now looks
        // again.
        if (!busy) asleep = std::exchange(sleeping, false);
    }
    if (asleep) wake.notify_one();
}

void ThreadLane::State::post_quick(Job job) {
    ASSERT(job != nullptr);
    if (loop == nullptr || !loop->can_watch()) return post(std::move(job));
    {
        std::unique_lock lock(mutex);
        const bool free = !busy && !wanted && (queued.empty() || turn_is_due);
        if (!free || (queued.empty() && SteadyClock::now() < lends_from)) {
            lock.unlock();
            return post(std::move(job));
        }
        depth.fetch_add(1, std::memory_order_relaxed);
        queued.push_back(std::move(job));
        if (std::exchange(turn_is_due, true)) return;
    }
    boost::asio::post(loop->io(), [state = shared_from_this()] { state->take_turn(); });
}

// [loop] A handler of its own.
void ThreadLane::State::take_turn() {
    if (!take_quick()) return;
    auto work = [this] {
        run(lent);
        let_go();
    };
    // Written before the work: it is the last that this handler knows if the loop moves on.
    const auto lent_before = std::exchange(lends_from, SteadyClock::now() + lending_pause);
    if (loop->watched(work)) lends_from = lent_before;
}

// False if the jobs are no longer to be run here.
bool ThreadLane::State::take_quick() {
    const std::lock_guard lock(mutex);
    turn_is_due = false;
    if (busy || wanted || queued.empty()) return false;
    if (!loop->can_watch()) {  // another lane's job has got the loop stuck meanwhile
        wanted = true;
        if (std::exchange(sleeping, false)) wake.notify_one();
        return false;
    }
    busy = true;
    ASSERT(lent.empty());
    lent.swap(queued);
    return true;
}

void ThreadLane::State::run(std::vector<Job>& batch) {
    for (Job& job : batch) {
        job();
        // What the job holds is let go before the next one runs.
        job = nullptr;
        depth.fetch_sub(1, std::memory_order_release);
    }
    batch.clear();
}

// What came meanwhile is the thread's.
void ThreadLane::State::let_go() {
    const std::lock_guard lock(mutex);
    busy = false;
    wanted = !queued.empty();
    if ((wanted || ending) && std::exchange(sleeping, false)) wake.notify_one();
}

bool ThreadLane::State::take(std::vector<Job>& batch) {
    std::unique_lock lock(mutex);
    while (busy || (!wanted && !(ending && !queued.empty()))) {
        if (ending && !busy && queued.empty()) return false;
        sleeping = true;
        wake.wait(lock);
    }
    sleeping = false;
    wanted = false;
    busy = true;
    batch.swap(queued);
    return true;
}

void ThreadLane::State::run_thread() {
    std::vector<Job> batch;
    while (take(batch)) {
        run(batch);
        let_go();
    }
}

ThreadLane::ThreadLane(const std::string& name, LoopGuard* loop)
    : state_(std::make_shared<State>(loop)) {
    thread_ = start_thread(name, [state = state_.get()] { state->run_thread(); });
}

ThreadLane::~ThreadLane() {
    ASSERT(thread_.get_id() != std::this_thread::get_id(), "a lane does not end itself");
    {
        const std::lock_guard lock(state_->mutex);
        state_->ending = true;
    }
    state_->wake.notify_one();
    thread_.join();
    ASSERT(depth() == 0);
}

void ThreadLane::post(Job job) {
    state_->post(std::move(job));
}

void ThreadLane::post_quick(Job job) {
    state_->post_quick(std::move(job));
}

size_t ThreadLane::depth() const {
    return state_->depth.load(std::memory_order_acquire);
}

}  // namespace barnabas
