// SPDX-License-Identifier: Apache-2.0
// Quick jobs of lanes on a loop's own thread, and loops that move on when such a job gets stuck.
// Meant to run under ThreadSanitizer as well.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "base/asio/thread_lane.h"
#include "base/asio/thread_shard.h"
#include "base/task_group.h"
#include "base/test/run_at.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A shard with a thread, and a lane that may borrow it.
struct Rig {
    Rig() { shard.start(); }
    ~Rig() {
        lane.reset();
        shard.stop();
    }
    void run(Task<void> task) { run_at(shard, std::move(task)); }

    ThreadShard shard{0};
    std::unique_ptr<ThreadLane> lane = std::make_unique<ThreadLane>("lane", &shard.guard());
    // Touched by the loop only, without a lock.
    int ticks = 0;
};

// Where `job` runs, asked until it is the loop's thread: the first ones find no watcher yet.
Task<bool> runs_on_loop(Rig& rig) {
    const Nanos deadline = rig.shard.clock().after(seconds(20));
    while (rig.shard.clock().now() < deadline) {
        std::promise<std::thread::id> where;
        auto answer = where.get_future();
        rig.lane->post_quick([&where] { where.set_value(std::this_thread::get_id()); });
        while (answer.wait_for(seconds(0)) != std::future_status::ready)
            co_await rig.shard.clock().sleep(milliseconds(1));
        if (answer.get() == std::this_thread::get_id()) co_return true;
        co_await rig.shard.clock().sleep(milliseconds(1));
    }
    co_return false;
}

Task<void> look_where(Rig& rig, bool& on_loop) {
    on_loop = co_await runs_on_loop(rig);
}

TEST(LoopGuard, quick_jobs_run_on_the_loop) {
    Rig rig;
    bool on_loop = false;
    rig.run(look_where(rig, on_loop));
    EXPECT_TRUE(on_loop);
    EXPECT_EQ(rig.shard.guard().takeovers(), 0u);
}

Task<void> post_mixed(Rig& rig, std::vector<int>& order) {
    (void)co_await runs_on_loop(rig);
    for (int i = 0; i < 3000; ++i) {
        auto job = [&order, i] { order.push_back(i); };
        if (i % 7 == 3)
            rig.lane->post(std::move(job));
        else
            rig.lane->post_quick(std::move(job));
        if (i % 5 == 0) co_await rig.shard.clock().sleep(Nanos(0));
    }
    while (rig.lane->depth() > 0) co_await rig.shard.clock().sleep(milliseconds(1));
}

TEST(LoopGuard, quick_and_other_jobs_keep_their_order) {
    Rig rig;
    std::vector<int> order;  // without a lock: the lane is serial
    rig.run(post_mixed(rig, order));
    ASSERT_EQ(order.size(), 3000u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

Task<void> tick(Rig& rig, int count) {
    for (int i = 0; i < count; ++i) {
        co_await rig.shard.clock().sleep(milliseconds(1));
        ++rig.ticks;
    }
}

// N14: a quick job hangs, the loop goes on, and what the lane has queued comes in order.
Task<void> hang_and_go_on(Rig& rig) {
    EXPECT_TRUE(co_await runs_on_loop(rig));
    std::promise<void> release;
    std::vector<int> order;
    const int ticks_before = rig.ticks;
    rig.lane->post_quick([hung = release.get_future(), &order]() mutable {
        hung.wait();
        order.push_back(0);
    });
    co_await tick(rig, 1);
    for (int i = 1; i <= 10; ++i) rig.lane->post_quick([&order, i] { order.push_back(i); });
    co_await tick(rig, 9);
    EXPECT_EQ(rig.ticks, ticks_before + 10);
    EXPECT_EQ(rig.lane->depth(), 11u);
    release.set_value();
    while (rig.lane->depth() > 0) co_await rig.shard.clock().sleep(milliseconds(1));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(LoopGuard, N14_a_quick_job_that_hangs_does_not_stop_the_loop) {
    Rig rig;
    for (uint64_t round = 1; round <= 3; ++round) {
        rig.run(hang_and_go_on(rig));
        EXPECT_GE(rig.shard.guard().takeovers(), round);
    }
}

Task<void> hang_two(Rig& rig, ThreadLane& other) {
    EXPECT_TRUE(co_await runs_on_loop(rig));
    std::promise<void> release;
    const auto hung = release.get_future().share();
    rig.lane->post_quick([hung] { hung.wait(); });
    other.post_quick([hung] { hung.wait(); });
    co_await tick(rig, 20);
    EXPECT_EQ(rig.lane->depth(), 1u);
    EXPECT_EQ(other.depth(), 1u);
    release.set_value();
    while (rig.lane->depth() + other.depth() > 0) co_await rig.shard.clock().sleep(milliseconds(1));
}

TEST(LoopGuard, two_lanes_that_hang_do_not_stop_the_loop) {
    Rig rig;
    ThreadLane other("other", &rig.shard.guard());
    rig.run(hang_two(rig, other));
    EXPECT_EQ(rig.ticks, 20);
}

Task<void> leave_hanging(Rig& rig, std::shared_future<void> hung) {
    EXPECT_TRUE(co_await runs_on_loop(rig));
    rig.lane->post_quick([hung] { hung.wait(); });
    co_await tick(rig, 10);
}

// The loop ends on the thread that took it over, while the first one is still away.
TEST(LoopGuard, a_loop_stops_wherever_it_runs) {
    std::promise<void> release;
    Rig rig;
    rig.run(leave_hanging(rig, release.get_future().share()));
    std::thread later([&release] {
        std::this_thread::sleep_for(milliseconds(30));
        release.set_value();
    });
    rig.shard.stop();
    later.join();
    EXPECT_EQ(rig.ticks, 10);
}

Task<void> answer_from_job(Rig& rig, int& answers) {
    EXPECT_TRUE(co_await runs_on_loop(rig));
    for (int i = 0; i < 200; ++i) {
        // Every tenth is slow enough to lose the loop after it has posted to it.
        const bool slow = i % 10 == 9;
        rig.lane->post_quick([&rig, &answers, slow] {
            boost::asio::post(rig.shard.executor(), [&answers] { ++answers; });
            if (slow) std::this_thread::sleep_for(milliseconds(12));
        });
        const Nanos deadline = rig.shard.clock().after(seconds(20));
        while (answers <= i && rig.shard.clock().now() < deadline)
            co_await rig.shard.clock().sleep(Nanos(100'000));
        if (answers <= i) co_return;
    }
}

TEST(LoopGuard, what_a_job_posts_to_the_loop_is_not_lost) {
    Rig rig;
    int answers = 0;  // of the loop
    rig.run(answer_from_job(rig, answers));
    EXPECT_EQ(answers, 200);
}

}  // namespace
}  // namespace barnabas
