// SPDX-License-Identifier: Apache-2.0
// Virtual time, signals, task groups, simulated lanes and shards, all on a SimLoop.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/lane.h"
#include "base/shard.h"
#include "base/signal.h"
#include "base/sim/sim_lane.h"
#include "base/sim/sim_loop.h"
#include "base/sim/sim_shard.h"
#include "base/task_group.h"

namespace barnabas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Notes = std::vector<std::string>;

Task<void> sleep_and_note(Clock& clock, Nanos delay, Notes& notes, std::string text) {
    co_await clock.sleep(delay);
    notes.push_back(text);
}

TEST(SimLoop, time_moves_only_when_nothing_is_ready) {
    SimLoop loop;
    Notes notes;
    TaskGroup group(loop.executor(), loop.clock());
    group.spawn(sleep_and_note(loop.clock(), seconds(3600), notes, "hour"));
    group.spawn(sleep_and_note(loop.clock(), seconds(1), notes, "second"));
    loop.run_ready();
    EXPECT_TRUE(notes.empty());
    loop.run_for(seconds(2));
    EXPECT_EQ(notes, Notes{"second"});
    EXPECT_EQ(loop.clock().now(), seconds(2));
    const int64_t wall = loop.clock().wall_ms();
    loop.run_for(seconds(3600));
    EXPECT_EQ(notes, (Notes{"second", "hour"}));
    EXPECT_EQ(loop.clock().wall_ms(), wall + 3'600'000);
}

TEST(SimLoop, L23_the_wall_clock_may_jump_while_deadlines_do_not) {
    SimLoop loop;
    const int64_t wall = loop.clock().wall_ms();
    const Nanos now = loop.clock().now();
    loop.clock().shift_wall_ms(-10LL * 365 * 24 * 3600 * 1000);
    EXPECT_LT(loop.clock().wall_ms(), wall);
    EXPECT_EQ(loop.clock().now(), now);
}

TEST(SimLoop, timers_fire_in_order_of_deadline_then_of_creation) {
    SimLoop loop;
    Notes notes;
    auto note = [&notes](std::string text) { return [&notes, text] { notes.push_back(text); }; };
    loop.clock().call_at(seconds(2), note("c"));
    loop.clock().call_at(seconds(1), note("a"));
    loop.clock().call_at(seconds(1), note("b"));
    const auto cancelled = loop.clock().call_at(seconds(1), note("never"));
    EXPECT_TRUE(loop.clock().cancel(cancelled));
    EXPECT_FALSE(loop.clock().cancel(cancelled));
    loop.clock().call_at(Nanos(-5), note("past"));
    EXPECT_TRUE(notes.empty()) << "never inline";
    loop.run_for(seconds(3));
    EXPECT_EQ(notes, (Notes{"past", "a", "b", "c"}));
}

TEST(SimLoop, a_callback_may_cancel_and_add_timers) {
    SimLoop loop;
    Notes notes;
    Clock& clock = loop.clock();
    Clock::TimerId second = 0;
    auto first = [&] {
        EXPECT_TRUE(clock.cancel(second));
        auto later = [&notes] { notes.emplace_back("later"); };
        clock.call_at(clock.now(), later);
    };
    clock.call_at(seconds(1), first);
    second = clock.call_at(seconds(1), [&notes] { notes.emplace_back("second"); });
    loop.run_for(seconds(2));
    EXPECT_EQ(notes, Notes{"later"});
}

Task<int> add_later(Clock& clock, int a, int b) {
    co_await clock.sleep(milliseconds(1));
    co_return a + b;
}
Task<std::unique_ptr<int>> give_unique(Clock& clock) {
    co_await clock.sleep(milliseconds(1));
    co_return std::make_unique<int>(7);
}
Task<void> throw_later(Clock& clock) {
    co_await clock.sleep(milliseconds(1));
    throw std::runtime_error("escaped");
}

TEST(SimLoop, run_until_done_gives_the_result) {
    SimLoop loop;
    EXPECT_EQ(loop.run_until_done(add_later(loop.clock(), 2, 3)), 5);
    EXPECT_EQ(*loop.run_until_done(give_unique(loop.clock())), 7);
    EXPECT_THROW(loop.run_until_done(throw_later(loop.clock())), std::runtime_error);
}

TEST(SimLoopDeathTest, a_task_that_never_ends_is_an_error) {
    SimLoop loop;
    EXPECT_DEATH(loop.run_until_done(loop.clock().sleep(std::chrono::hours(25))), "never ends");
    Signal signal(loop.clock());
    EXPECT_DEATH(loop.run_until_done(signal.wait_until(Nanos::max())), "never ends");
}

Task<void> wait_and_note(Signal& signal, Nanos deadline, Notes& notes) {
    const bool notified = co_await signal.wait_until(deadline);
    notes.emplace_back(notified ? "notified" : "late");
}

TEST(Signal, wakes_all_or_one_or_at_the_deadline) {
    SimLoop loop;
    Notes notes;
    Signal signal(loop.clock());
    TaskGroup group(loop.executor(), loop.clock());
    group.spawn(wait_and_note(signal, seconds(1), notes));
    group.spawn(wait_and_note(signal, seconds(5), notes));
    group.spawn(wait_and_note(signal, Nanos::max(), notes));
    loop.run_ready();
    EXPECT_EQ(signal.waiting(), 3u);
    loop.run_for(seconds(2));
    EXPECT_EQ(notes, Notes{"late"});
    EXPECT_TRUE(signal.notify_one());
    EXPECT_EQ(notes.size(), 1u) << "never inline";
    loop.run_ready();
    EXPECT_EQ(notes, (Notes{"late", "notified"}));
    signal.notify_all();
    loop.run_ready();
    EXPECT_EQ(notes.size(), 3u);
    EXPECT_FALSE(signal.notify_one());
    EXPECT_EQ(loop.clock().timers(), 0u) << "no timer is left behind";
}

TEST(Signal, notifying_nobody_is_not_remembered) {
    SimLoop loop;
    Notes notes;
    Signal signal(loop.clock());
    signal.notify_all();
    loop.run_until_done(wait_and_note(signal, seconds(1), notes));
    EXPECT_EQ(notes, Notes{"late"});
}

TEST(Signal, its_end_wakes_the_waiters) {
    SimLoop loop;
    Notes notes;
    TaskGroup group(loop.executor(), loop.clock());
    auto signal = std::make_unique<Signal>(loop.clock());
    group.spawn(wait_and_note(*signal, seconds(9), notes));
    loop.run_ready();
    signal.reset();
    loop.run_ready();
    EXPECT_EQ(notes, Notes{"late"});
    EXPECT_EQ(loop.clock().now(), Nanos(0));
}

TEST(TaskGroup, stop_runs_hooks_and_waits_for_all) {
    SimLoop loop;
    Notes notes;
    Signal signal(loop.clock());
    TaskGroup group(loop.executor(), loop.clock());
    EXPECT_TRUE(group.spawn(wait_and_note(signal, seconds(100), notes)));
    EXPECT_TRUE(group.spawn(sleep_and_note(loop.clock(), seconds(2), notes, "slept")));
    const StopHook hook(group, [&signal] { signal.notify_all(); });
    const uint64_t removed = group.on_stop([&notes] { notes.emplace_back("never"); });
    group.remove_hook(removed);
    loop.run_ready();
    EXPECT_EQ(group.size(), 2u);
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(10))));
    EXPECT_EQ(notes, (Notes{"notified", "slept"}));
    EXPECT_EQ(loop.clock().now(), seconds(2));
    EXPECT_FALSE(group.spawn(sleep_and_note(loop.clock(), seconds(1), notes, "refused")));
    bool at_once = false;
    group.on_stop([&at_once] { at_once = true; });
    EXPECT_TRUE(at_once);
}

TEST(TaskGroup, stop_gives_up_at_its_deadline) {
    SimLoop loop;
    Notes notes;
    TaskGroup group(loop.executor(), loop.clock());
    group.spawn(sleep_and_note(loop.clock(), seconds(60), notes, "slow"));
    EXPECT_FALSE(loop.run_until_done(group.stop(seconds(5))));
    EXPECT_EQ(loop.clock().now(), seconds(5));
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(100))));
}

TEST(TaskGroup, a_hook_may_remove_another_one) {
    SimLoop loop;
    TaskGroup group(loop.executor(), loop.clock());
    int ran = 0;
    uint64_t second = 0;
    group.on_stop([&] {
        ++ran;
        group.remove_hook(second);
    });
    second = group.on_stop([&ran] { ++ran; });
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(1))));
    EXPECT_EQ(ran, 1);
}

TEST(TaskGroup, a_task_runs_to_its_first_wait_at_once_on_the_loop) {
    SimLoop loop;
    Notes notes;
    TaskGroup group(loop.executor(), loop.clock());
    Signal signal(loop.clock());
    auto on_loop = [&] {
        group.spawn(wait_and_note(signal, seconds(1), notes));
        EXPECT_EQ(signal.waiting(), 1u);
    };
    loop.clock().call_at(Nanos(1), on_loop);
    loop.run_for(seconds(2));
    EXPECT_EQ(notes, Notes{"late"});
}

TEST(TaskGroupDeathTest, escaped_exceptions_and_forgotten_tasks_end_the_process) {
    SimLoop loop;
    auto escape = [&loop] {
        TaskGroup group(loop.executor(), loop.clock());
        group.spawn(throw_later(loop.clock()));
        loop.run_for(seconds(1));
    };
    EXPECT_DEATH(escape(), "exception escaped a task: escaped");
    auto forget = [&loop] {
        TaskGroup group(loop.executor(), loop.clock());
        group.spawn(loop.clock().sleep(seconds(1)));
        loop.run_ready();
    };
    EXPECT_DEATH(forget(), "stop.. is awaited before");
}

Task<void> lane_caller(Lane& lane, SimLoop& loop, Notes& notes, std::string name) {
    auto job = [&notes, name] {
        notes.push_back(name + " runs");
        return name.size();
    };
    const size_t size = co_await run_on(lane, std::move(job));
    EXPECT_EQ(size, name.size());
    notes.push_back(name + " is back");
}

TEST(SimLane, jobs_run_in_order_after_a_while) {
    SimLoop loop;
    Notes notes;
    SimLane lane(loop, milliseconds(1), milliseconds(3));
    TaskGroup group(loop.executor(), loop.clock());
    for (const char* name : {"a", "bb"}) group.spawn(lane_caller(lane, loop, notes, name));
    loop.run_ready();
    EXPECT_EQ(lane.depth(), 2u) << "queued before the first suspension";
    EXPECT_TRUE(notes.empty());
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(1))));
    EXPECT_EQ(notes, (Notes{"a runs", "a is back", "bb runs", "bb is back"}));
    EXPECT_GE(loop.clock().now(), milliseconds(2));
    EXPECT_LE(loop.clock().now(), milliseconds(6));
    EXPECT_EQ(lane.depth(), 0u);
    EXPECT_EQ(lane.finished(), 2u);
}

TEST(SimLane, N14_a_stuck_lane_delays_only_itself) {
    SimLoop loop;
    Notes notes;
    SimLane stuck(loop);
    SimLane other(loop);
    TaskGroup group(loop.executor(), loop.clock());
    stuck.stuck();
    group.spawn(lane_caller(stuck, loop, notes, "stuck"));
    group.spawn(lane_caller(other, loop, notes, "other"));
    loop.run_for(seconds(60));
    EXPECT_EQ(notes, (Notes{"other runs", "other is back"}));
    EXPECT_EQ(stuck.depth(), 1u);
    stuck.release();
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(99))));
    EXPECT_EQ(notes.size(), 4u);
}

TEST(SimLane, ending_runs_what_is_queued_unless_stuck) {
    SimLoop loop;
    int ran = 0;
    {
        SimLane lane(loop);
        lane.post([&ran] { ++ran; });
        lane.post([&ran] { ++ran; });
    }
    EXPECT_EQ(ran, 2);
    {
        SimLane lane(loop);
        lane.stuck();
        lane.post([&ran] { ++ran; });
    }
    EXPECT_EQ(ran, 2);
    loop.run_for(seconds(1));
}

Task<int> hop(Shards& shards, Notes& notes) {
    auto visit = [&notes] {
        notes.emplace_back("there");
        return 5;
    };
    const int found = co_await on(shards.at(1), std::move(visit));
    auto silent = [&notes] { notes.emplace_back("again"); };
    co_await on(shards.home_of(3), std::move(silent));
    co_return found;
}

TEST(SimShards, on_runs_there_and_comes_home) {
    SimLoop loop;
    SimShards shards(loop, 2);
    Notes notes;
    EXPECT_EQ(loop.run_until_done(hop(shards, notes)), 5);
    EXPECT_EQ(notes, (Notes{"there", "again"}));
    EXPECT_EQ(&shards.home_of(3), &shards.at(1));
}

Task<void> busy(SimLoop& loop, Lane& lane, Signal& signal, Random& random) {
    for (int i = 0; i < 50; ++i) {
        co_await loop.clock().sleep(Nanos(random.below(1'000'000)));
        auto job = [&random] { return random.next(); };
        loop.trace().note(co_await run_on(lane, std::move(job)));
        signal.notify_one();
        co_await signal.wait_until(loop.clock().after(Nanos(random.below(1'000'000))));
    }
}

uint64_t trace_of(uint64_t seed) {
    SimLoop loop(seed);
    SimLane lane(loop);
    Signal signal(loop.clock());
    TaskGroup group(loop.executor(), loop.clock());
    for (int i = 0; i < 4; ++i) group.spawn(busy(loop, lane, signal, loop.random()));
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(1000))));
    return loop.trace().hash();
}

TEST(SimLoop, the_same_seed_gives_the_same_run) {
    EXPECT_EQ(trace_of(1), trace_of(1));
    EXPECT_EQ(trace_of(2), trace_of(2));
    EXPECT_NE(trace_of(1), trace_of(2));
}

}  // namespace
}  // namespace barnabas
