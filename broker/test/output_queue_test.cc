// SPDX-License-Identifier: Apache-2.0
// Answers leave in the order of their requests, whatever the order in which they got ready.
#include "broker/server/output_queue.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace barnabas::broker {
namespace {

protocol::EncodedFrame make_answer(size_t size, uint8_t fill) {
    protocol::EncodedFrame frame;
    frame.bytes.assign(size, fill);
    return frame;
}

constexpr size_t no_limit = 1 << 30;

TEST(OutputQueueTest, N01_answers_wait_for_those_before_them) {
    OutputQueue queue;
    const auto first = queue.open();
    const auto second = queue.open();
    queue.fill(second, make_answer(1, 2));
    EXPECT_FALSE(queue.ready());
    EXPECT_EQ(queue.places(), 2u);
    queue.fill(first, make_answer(1, 1));
    std::vector<protocol::EncodedFrame> taken;
    EXPECT_FALSE(queue.take(taken, no_limit, no_limit));
    ASSERT_EQ(taken.size(), 2u);
    EXPECT_EQ(taken[0].bytes[0], 1);
    EXPECT_EQ(taken[1].bytes[0], 2);
    EXPECT_EQ(queue.places(), 0u);
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST(OutputQueueTest, N01_any_order_of_getting_ready) {
    Random random(3);
    OutputQueue queue;
    std::vector<OutputQueue::Place> open;
    std::vector<protocol::EncodedFrame> taken;
    uint32_t asked = 0;
    std::vector<std::pair<OutputQueue::Place, uint32_t>> pending;
    while (asked < 5000 || !pending.empty()) {
        if (asked < 5000 && (pending.empty() || random.chance(1, 2))) {
            pending.emplace_back(queue.open(), asked++);
        } else {
            const size_t chosen = random.below(pending.size());
            auto [place, number] = pending[chosen];
            pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(chosen));
            protocol::EncodedFrame answer = make_answer(4, 0);
            store_be<uint32_t>(answer.bytes.data(), number);
            queue.fill(place, std::move(answer));
        }
        queue.take(taken, no_limit, no_limit);
    }
    ASSERT_EQ(taken.size(), 5000u);
    for (uint32_t i = 0; i < taken.size(); ++i)
        ASSERT_EQ(load_be<uint32_t>(taken[i].bytes.data()), i);
}

TEST(OutputQueueTest, N10_a_request_without_an_answer_holds_nobody_up) {
    OutputQueue queue;
    const auto silent = queue.open();
    const auto spoken = queue.open();
    queue.fill(spoken, make_answer(1, 2));
    queue.fill(silent, std::nullopt);
    std::vector<protocol::EncodedFrame> taken;
    EXPECT_FALSE(queue.take(taken, no_limit, no_limit));
    EXPECT_EQ(taken.size(), 1u);
}

TEST(OutputQueueTest, N10_nothing_follows_the_answer_that_ends_the_connection) {
    OutputQueue queue;
    const auto last = queue.open();
    const auto later = queue.open();
    queue.fill(later, make_answer(1, 2));
    queue.fill(last, std::nullopt, true);
    std::vector<protocol::EncodedFrame> taken;
    EXPECT_TRUE(queue.take(taken, no_limit, no_limit));
    EXPECT_TRUE(taken.empty());
}

TEST(OutputQueueTest, N04_one_take_is_bounded) {
    OutputQueue queue;
    for (int i = 0; i < 10; ++i) {
        const auto place = queue.open();
        queue.fill(place, make_answer(100, 0));
    }
    EXPECT_EQ(queue.bytes(), 1000u);
    std::vector<protocol::EncodedFrame> taken;
    queue.take(taken, 3, no_limit);
    EXPECT_EQ(taken.size(), 3u);
    queue.take(taken, no_limit, 150);
    EXPECT_EQ(taken.size(), 5u);
    EXPECT_EQ(queue.bytes(), 500u);
}

}  // namespace
}  // namespace barnabas::broker
