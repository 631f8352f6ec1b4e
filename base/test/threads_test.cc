// SPDX-License-Identifier: Apache-2.0
// Real lanes and shards: order, joining, coming home. Meant to run under ThreadSanitizer as well.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "base/asio/thread_lane.h"
#include "base/asio/thread_shard.h"
#include "base/task_group.h"
#include "base/test/run_at.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ThreadLane, jobs_run_one_at_a_time_in_the_order_of_each_poster) {
    std::vector<std::pair<int, int>> ran;  // without a lock: the lane is serial
    {
        ThreadLane lane("lane");
        std::vector<std::thread> posters;
        for (int poster = 0; poster < 4; ++poster) {
            posters.emplace_back([&lane, &ran, poster] {
                for (int i = 0; i < 2000; ++i)
                    lane.post([&ran, poster, i] { ran.emplace_back(poster, i); });
            });
        }
        for (auto& poster : posters) poster.join();
    }
    ASSERT_EQ(ran.size(), 8000u) << "the end of a lane runs what is queued";
    std::array<int, 4> next{};
    for (const auto& [poster, i] : ran) EXPECT_EQ(i, next[poster]++);
}

TEST(ThreadLane, wakes_up_again_and_again) {
    ThreadLane lane("lane");
    for (int i = 0; i < 200; ++i) {
        std::promise<int> answer;
        lane.post([&answer, i] { answer.set_value(i); });
        EXPECT_EQ(answer.get_future().get(), i);
    }
}

TEST(ThreadLane, depth_counts_what_is_queued_and_running) {
    ThreadLane lane("lane");
    std::promise<void> release;
    auto released = release.get_future();
    lane.post([&released] { released.wait(); });
    for (int i = 0; i < 5; ++i) lane.post([] {});
    EXPECT_EQ(lane.depth(), 6u);
    release.set_value();
    while (lane.depth() > 0) std::this_thread::yield();
}

TEST(ThreadLane, jobs_are_destroyed_before_the_next_one_runs) {
    ThreadLane lane("lane");
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> weak = held;
    std::promise<bool> gone;
    lane.post([held = std::move(held)] {});
    lane.post([&] { gone.set_value(weak.expired()); });
    EXPECT_TRUE(gone.get_future().get());
}

Task<void> call_lane(Lane& lane, int& sum, std::thread::id home) {
    for (int i = 0; i < 500; ++i) {
        std::thread::id there;
        auto job = [&there, i] {
            there = std::this_thread::get_id();
            return std::make_unique<int>(i);
        };
        const auto result = co_await run_on(lane, std::move(job));
        EXPECT_NE(there, home);
        EXPECT_EQ(std::this_thread::get_id(), home);
        sum += *result;
    }
}
Task<void> call_lane_at_home(Lane& lane, int& sum) {
    const auto home = std::this_thread::get_id();
    co_await call_lane(lane, sum, home);
}

TEST(ThreadLane, run_on_comes_home_with_the_result) {
    ThreadShard shard(0);
    ThreadLane lane("lane");
    shard.start();
    int sum = 0;
    run_at(shard, call_lane_at_home(lane, sum));
    EXPECT_EQ(sum, 500 * 499 / 2);
    shard.stop();
}

Task<void> queue_on(Lane& lane, std::vector<int>& order, int i) {
    auto job = [&order, i] { order.push_back(i); };
    co_await run_on(lane, std::move(job));
}
Task<void> queue_many(ThreadShard& shard, Lane& lane, std::vector<int>& order) {
    TaskGroup group(shard.executor(), shard.clock());
    for (int i = 0; i < 1000; ++i) group.spawn(queue_on(lane, order, i));
    EXPECT_TRUE(co_await group.stop(shard.clock().after(seconds(20))));
}

TEST(ThreadLane, calls_of_one_loop_run_in_call_order) {
    ThreadShard shard(0);
    ThreadLane lane("lane");
    shard.start();
    std::vector<int> order;
    run_at(shard, queue_many(shard, lane, order));
    ASSERT_EQ(order.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    shard.stop();
}

// N14: the loop goes on while a lane does not.
Task<void> tick(Clock& clock, int& ticks) {
    for (int i = 0; i < 10; ++i) {
        co_await clock.sleep(milliseconds(1));
        ++ticks;
    }
}
Task<void> tick_beside_stuck_lane(ThreadShard& shard, Lane& lane, std::promise<void>& release) {
    TaskGroup group(shard.executor(), shard.clock());
    std::vector<int> order;
    auto stuck = [future = release.get_future()] { future.wait(); };
    lane.post(std::move(stuck));
    group.spawn(queue_on(lane, order, 1));
    int ticks = 0;
    co_await tick(shard.clock(), ticks);
    EXPECT_EQ(ticks, 10);
    EXPECT_TRUE(order.empty());
    release.set_value();
    EXPECT_TRUE(co_await group.stop(shard.clock().after(seconds(20))));
    EXPECT_EQ(order, std::vector<int>{1});
}
TEST(ThreadLane, N14_a_stuck_lane_does_not_stop_the_loop) {
    ThreadShard shard(0);
    ThreadLane lane("lane");
    shard.start();
    std::promise<void> release;
    run_at(shard, tick_beside_stuck_lane(shard, lane, release));
    shard.stop();
}

// What lives on a shard and is touched there only, without a lock.
struct Counter {
    int value = 0;
    std::thread::id owner;
};
Task<void> count_at(ThreadShards& shards, std::array<Counter, 3>& counters, int rounds) {
    const auto home = std::this_thread::get_id();
    for (int i = 0; i < rounds; ++i) {
        ThreadShard& target = shards.at(i % shards.size());
        Counter& counter = counters[i % shards.size()];
        auto visit = [&counter] {
            if (counter.value == 0) counter.owner = std::this_thread::get_id();
            EXPECT_EQ(counter.owner, std::this_thread::get_id());
            return ++counter.value;
        };
        const int seen = co_await on(target, std::move(visit));
        EXPECT_GT(seen, 0);
        EXPECT_EQ(std::this_thread::get_id(), home);
    }
}

TEST(ThreadShards, on_runs_there_and_comes_home) {
    ThreadShards shards(3);
    shards.start(0);
    std::array<Counter, 3> counters;
    std::vector<std::thread> callers;
    for (size_t i = 0; i < shards.size(); ++i) {
        callers.emplace_back([&, i] { run_at(shards.at(i), count_at(shards, counters, 900)); });
    }
    for (auto& caller : callers) caller.join();
    shards.stop();
    for (const auto& counter : counters) EXPECT_EQ(counter.value, 900);
}

Task<void> note_current(ThreadShards& shards, std::vector<bool>& current) {
    for (size_t i = 0; i < shards.size(); ++i) current.push_back(shards.at(i).is_current());
    co_return;
}
TEST(ThreadShards, a_shard_knows_when_it_is_current) {
    ThreadShards shards(2);
    shards.start(0);
    std::vector<bool> current;
    run_at(shards.at(1), note_current(shards, current));
    EXPECT_EQ(current, (std::vector<bool>{false, true}));
    EXPECT_FALSE(shards.at(0).is_current());
    shards.stop();
}

Task<void> stop_after(ThreadShard& shard, Nanos delay) {
    co_await shard.clock().sleep(delay);
    shard.request_stop();
}
TEST(ThreadShards, shard_0_runs_on_the_calling_thread) {
    ThreadShards shards(2);
    shards.start(1);
    TaskGroup group(shards.at(0).executor(), shards.at(0).clock());
    group.spawn(stop_after(shards.at(0), milliseconds(5)));
    shards.at(0).run();
    shards.stop();
    EXPECT_EQ(group.size(), 0u);
}

TEST(ThreadLane, signals_are_for_the_main_thread) {
    ThreadLane lane("lane");
    std::promise<bool> blocked;
    lane.post([&blocked] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked.set_value(sigismember(&mask, SIGTERM) == 1);
    });
    EXPECT_TRUE(blocked.get_future().get());
}

}  // namespace
}  // namespace barnabas
