// SPDX-License-Identifier: Apache-2.0
// What tasks wait for besides time: bounded queues, memory budgets, tasks with deadlines.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/deadline.h"
#include "base/memory_budget.h"
#include "base/sim/sim_loop.h"
#include "base/task_group.h"

namespace barnabas {
namespace {

using std::chrono::seconds;
using Notes = std::vector<std::string>;
using Items = std::unique_ptr<int>;

Task<void> push_and_note(BoundedQueue<Items>& queue, int item, Nanos deadline, Notes& notes) {
    const auto pushed = co_await queue.push(std::make_unique<int>(item), deadline);
    const std::string what = pushed ? "pushed " : std::string(pushed.error().where) + " ";
    notes.push_back(what + std::to_string(item));
}
Task<void> pop_and_note(BoundedQueue<Items>& queue, Nanos deadline, Notes& notes) {
    const auto popped = co_await queue.pop(deadline);
    notes.push_back(popped ? "popped " + std::to_string(**popped) : popped.error().where);
}

class QueueTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_TRUE(loop_.run_until_done(group_.stop(seconds(1000)))); }
    SimLoop loop_;
    TaskGroup group_{loop_.executor(), loop_.clock()};
    BoundedQueue<Items> queue_{loop_.clock(), 2};
    Notes notes_;
};

TEST_F(QueueTest, N11_a_full_queue_refuses_and_keeps_the_item_with_its_owner) {
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(1)));
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(2)));
    auto third = std::make_unique<int>(3);
    EXPECT_FALSE(queue_.try_push(std::move(third)));
    ASSERT_TRUE(third);
    EXPECT_EQ(**queue_.try_pop(), 1);
    EXPECT_TRUE(queue_.try_push(std::move(third)));
    EXPECT_EQ(queue_.size(), 2u);
}

TEST_F(QueueTest, pushers_wait_in_order_and_lose_nothing) {
    for (int i = 1; i <= 4; ++i) group_.spawn(push_and_note(queue_, i, seconds(10), notes_));
    loop_.run_ready();
    EXPECT_EQ(notes_, (Notes{"pushed 1", "pushed 2"}));
    for (int i = 1; i <= 4; ++i) {
        EXPECT_EQ(**queue_.try_pop(), i);
        loop_.run_ready();
    }
    EXPECT_EQ(notes_, (Notes{"pushed 1", "pushed 2", "pushed 3", "pushed 4"}));
    EXPECT_EQ(loop_.clock().now(), Nanos(0));
}

TEST_F(QueueTest, poppers_wait_in_order) {
    for (int i = 0; i < 2; ++i) group_.spawn(pop_and_note(queue_, seconds(10), notes_));
    loop_.run_ready();
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(1)));
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(2)));
    loop_.run_ready();
    EXPECT_EQ(notes_, (Notes{"popped 1", "popped 2"}));
}

TEST_F(QueueTest, waits_end_at_their_deadline) {
    group_.spawn(pop_and_note(queue_, seconds(3), notes_));
    loop_.run_for(seconds(5));
    EXPECT_EQ(notes_, Notes{"queue"});
    for (int i = 1; i <= 3; ++i) group_.spawn(push_and_note(queue_, i, seconds(7), notes_));
    loop_.run_for(seconds(5));
    EXPECT_EQ(notes_.back(), "queue 3");
    EXPECT_EQ(queue_.size(), 2u);
}

TEST_F(QueueTest, a_closed_queue_gives_what_it_has_and_takes_nothing) {
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(1)));
    EXPECT_TRUE(queue_.try_push(std::make_unique<int>(2)));
    group_.spawn(push_and_note(queue_, 3, seconds(10), notes_));
    loop_.run_ready();
    queue_.close();
    loop_.run_ready();
    EXPECT_EQ(notes_, Notes{"queue closed 3"});
    for (int i = 0; i < 3; ++i) group_.spawn(pop_and_note(queue_, seconds(10), notes_));
    loop_.run_ready();
    EXPECT_EQ(notes_, (Notes{"queue closed 3", "popped 1", "popped 2", "queue closed"}));
    EXPECT_FALSE(queue_.try_push(std::make_unique<int>(4)));
}

TEST_F(QueueTest, close_ends_waiting_poppers) {
    group_.spawn(pop_and_note(queue_, seconds(10), notes_));
    loop_.run_ready();
    queue_.close();
    loop_.run_ready();
    EXPECT_EQ(notes_, Notes{"queue closed"});
}

Task<void> hold(MemoryBudget& budget, uint64_t bytes, Nanos deadline, Clock& clock, Notes& notes) {
    const std::string name = std::to_string(bytes);
    auto reservation = co_await budget.acquire(bytes, deadline);
    notes.push_back(name + (reservation ? " got" : " late"));
    if (!reservation) co_return;
    EXPECT_LE(budget.used(), budget.bytes_max());
    co_await clock.sleep(seconds(1));
    notes.push_back(name + " gives");
}

class BudgetTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_TRUE(loop_.run_until_done(group_.stop(seconds(1000)))); }
    void start(uint64_t bytes, Nanos deadline = seconds(100)) {
        group_.spawn(hold(budget_, bytes, deadline, loop_.clock(), notes_));
    }
    SimLoop loop_;
    MemoryBudget budget_{loop_.clock(), 100};
    TaskGroup group_{loop_.executor(), loop_.clock()};
    Notes notes_;
};

TEST_F(BudgetTest, large_requests_are_not_overtaken) {
    start(60);
    start(80);
    start(10);
    loop_.run_ready();
    EXPECT_EQ(notes_, Notes{"60 got"});
    EXPECT_EQ(budget_.waiting(), 2u);
    EXPECT_FALSE(budget_.try_acquire(1).has_value()) << "others are in line";
    loop_.run_for(seconds(10));
    EXPECT_EQ(notes_, (Notes{"60 got", "60 gives", "80 got", "10 got", "80 gives", "10 gives"}));
    EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(BudgetTest, who_gives_up_makes_way) {
    start(60);
    start(80, Nanos(500));
    start(40);
    loop_.run_for(Nanos(1000));
    EXPECT_EQ(notes_, (Notes{"60 got", "80 late", "40 got"}));
    EXPECT_EQ(budget_.used(), 100u);
}

TEST_F(BudgetTest, more_than_everything_is_everything) {
    start(30);
    start(1000);
    loop_.run_for(seconds(10));
    EXPECT_EQ(notes_, (Notes{"30 got", "30 gives", "1000 got", "1000 gives"}));
    EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(BudgetTest, reservations_move_shrink_and_outlive_the_budget) {
    auto budget = std::make_unique<MemoryBudget>(loop_.clock(), 50);
    MemoryBudget::Reservation kept = *budget->try_acquire(30);
    MemoryBudget::Reservation other = std::move(kept);
    EXPECT_EQ(budget->used(), 30u);
    EXPECT_FALSE(budget->try_acquire(21).has_value());
    other.shrink_to(10);
    EXPECT_EQ(budget->used(), 10u);
    other.shrink_to(20);
    EXPECT_EQ(other.bytes(), 10u);
    other = *budget->try_acquire(40);
    EXPECT_EQ(budget->used(), 40u);
    budget.reset();
    other.release();
    EXPECT_EQ(other.bytes(), 0u);
}

TEST_F(BudgetTest, nothing_is_free) {
    const auto nothing = budget_.try_acquire(0);
    ASSERT_TRUE(nothing.has_value());
    EXPECT_EQ(budget_.used(), 0u);
}

TEST(DeadlineGuard, runs_once_if_the_deadline_passes_while_it_lives) {
    SimLoop loop;
    int ran = 0;
    {
        const DeadlineGuard guard(loop.clock(), seconds(1), [&ran] { ++ran; });
        EXPECT_FALSE(guard.expired());
        loop.run_for(seconds(3));
        EXPECT_TRUE(guard.expired());
        EXPECT_EQ(ran, 1);
    }
    {
        const DeadlineGuard guard(loop.clock(), seconds(4), [&ran] { ++ran; });
    }
    loop.run_for(seconds(9));
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(loop.clock().timers(), 0u);
}

Task<int> slow_answer(Clock& clock, Nanos delay, Notes& notes) {
    co_await clock.sleep(delay);
    notes.emplace_back("ended");
    co_return 42;
}
Task<Result<int>> failing(Clock& clock) {
    co_await clock.sleep(Nanos(1));
    co_return fail(ErrorCode::not_leader_or_follower, "failing");
}
Task<void> immediate() {
    co_return;
}

TEST(WithDeadline, gives_the_result_or_stops_waiting) {
    SimLoop loop;
    Clock& clock = loop.clock();
    Notes notes;
    TaskGroup group(loop.executor(), clock);
    const auto in_time = loop.run_until_done(
        with_deadline(group, clock, seconds(2), slow_answer(clock, seconds(1), notes)));
    EXPECT_EQ(in_time, 42);
    const auto late = loop.run_until_done(
        with_deadline(group, clock, seconds(3), slow_answer(clock, seconds(9), notes)));
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code, ErrorCode::request_timed_out);
    EXPECT_EQ(clock.now(), seconds(3));
    EXPECT_EQ(group.size(), 1u) << "the task goes on in its group";
    const auto failed =
        loop.run_until_done(with_deadline(group, clock, seconds(30), failing(clock)));
    EXPECT_EQ(failed.error().code, ErrorCode::not_leader_or_follower);
    EXPECT_TRUE(loop.run_until_done(with_deadline(group, clock, seconds(30), immediate())));
    EXPECT_TRUE(loop.run_until_done(group.stop(seconds(100))));
    EXPECT_EQ(notes.size(), 2u);
    const auto refused =
        loop.run_until_done(with_deadline(group, clock, seconds(200), immediate()));
    EXPECT_FALSE(refused.has_value());
}

}  // namespace
}  // namespace barnabas
