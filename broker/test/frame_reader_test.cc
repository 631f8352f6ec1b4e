// SPDX-License-Identifier: Apache-2.0
// Frames out of a byte stream, and what memory that costs.
#include "broker/server/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <vector>

#include "base/random.h"
#include "base/sim/sim_loop.h"

namespace barnabas::broker {
namespace {

constexpr size_t frame_max = 1 << 20;
constexpr uint64_t plenty = 64 << 20;

std::vector<uint8_t> make_frame(size_t size, uint8_t fill) {
    std::vector<uint8_t> bytes(sizeof(int32_t) + size, fill);
    store_be<int32_t>(bytes.data(), static_cast<int32_t>(size));
    return bytes;
}

// Feeds `bytes` in pieces of at most `piece_max`, collecting the frames that come out.
bool feed(FrameReader& reader, Bytes bytes, size_t piece_max, std::vector<Frame>& frames) {
    while (!bytes.empty()) {
        if (!reader.make_space()) return false;
        const MutableBytes space = reader.space();
        const size_t count = std::min({space.size(), bytes.size(), piece_max});
        std::copy_n(bytes.begin(), count, space.begin());
        reader.received(count);
        bytes = bytes.subspan(count);
        while (true) {
            auto frame = reader.next();
            if (!frame || !*frame) {
                if (!frame) return false;
                break;
            }
            frames.push_back(std::move(**frame));
        }
    }
    return true;
}

class FrameReading : public testing::Test {
  protected:
    SimLoop loop_;
    RequestMemory budget_{loop_.clock(), plenty};
    FrameReader reader_{budget_, frame_max};
};

TEST_F(FrameReading, gives_frames_of_any_size_cut_anywhere) {
    Random random(7);
    std::vector<uint8_t> stream;
    std::vector<size_t> sizes;
    for (int i = 0; i < 300; ++i) {
        const size_t size = 1 + random.below(random.chance(1, 10) ? 300'000 : 3'000);
        const auto frame = make_frame(size, static_cast<uint8_t>(i));
        sizes.push_back(size);
        stream.insert(stream.end(), frame.begin(), frame.end());
    }
    for (const size_t piece_max : {1'000'000UL, 4'096UL, 1'000UL, 7UL}) {
        FrameReader reader(budget_, frame_max);
        std::vector<Frame> frames;
        ASSERT_TRUE(feed(reader, stream, piece_max, frames));
        ASSERT_EQ(frames.size(), sizes.size());
        for (size_t i = 0; i < frames.size(); ++i) {
            ASSERT_EQ(frames[i].bytes.size(), sizes[i]);
            const auto is_own = [i](uint8_t byte) { return byte == static_cast<uint8_t>(i); };
            ASSERT_TRUE(std::ranges::all_of(frames[i].bytes, is_own));
        }
        EXPECT_FALSE(reader.in_frame());
    }
}

TEST_F(FrameReading, a_small_buffer_is_used_again_when_nobody_holds_its_frames) {
    std::vector<Frame> frames;
    ASSERT_TRUE(feed(reader_, make_frame(100, 1), 1000, frames));
    const void* const first = frames[0].bytes.data();
    frames.clear();
    ASSERT_TRUE(feed(reader_, make_frame(100, 2), 1000, frames));
    EXPECT_EQ(frames[0].bytes.data(), first);
    EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(FrameReading, reads_on_after_its_buffer_was_given_back) {
    std::vector<Frame> frames;
    reader_.release();
    for (const size_t size : {100UL, 100'000UL, 100UL}) {
        ASSERT_TRUE(feed(reader_, make_frame(size, 3), 1000, frames));
        reader_.release();
        EXPECT_FALSE(reader_.in_frame());
    }
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(frames[1].bytes[99'999], 3);
    frames.clear();
    EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(FrameReading, N08_a_frame_outlives_its_reader) {
    std::vector<Frame> frames;
    {
        FrameReader reader(budget_, frame_max);
        ASSERT_TRUE(feed(reader, make_frame(100, 1), 1000, frames));
        ASSERT_TRUE(feed(reader, make_frame(100'000, 2), 1000, frames));
    }
    EXPECT_EQ(frames[0].bytes[99], 1);
    EXPECT_EQ(frames[1].bytes[99'999], 2);
    EXPECT_GT(budget_.used(), 0u);
    frames.clear();
    EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(FrameReading, N02_sizes_that_are_refused) {
    for (const int32_t size : {0, -1, INT32_MIN, static_cast<int32_t>(frame_max) + 1, INT32_MAX}) {
        FrameReader reader(budget_, frame_max);
        ASSERT_TRUE(reader.make_space());
        store_be<int32_t>(reader.space().data(), size);
        reader.received(sizeof size);
        const auto frame = reader.next();
        ASSERT_FALSE(frame.has_value()) << size;
        EXPECT_EQ(frame.error().code, ErrorCode::invalid_request);
    }
}

TEST_F(FrameReading, the_largest_size_is_accepted) {
    std::vector<Frame> frames;
    ASSERT_TRUE(feed(reader_, make_frame(frame_max, 1), 100'000, frames));
    EXPECT_EQ(frames.size(), 1u);
}

TEST_F(FrameReading, N02_memory_follows_the_bytes_that_arrived) {
    const auto frame = make_frame(frame_max, 1);
    std::vector<Frame> frames;
    ASSERT_TRUE(feed(reader_, Bytes(frame).first(5), 5, frames));
    EXPECT_EQ(budget_.used(), 0u) << "one byte of the frame fits the small buffer";
    ASSERT_TRUE(feed(reader_, Bytes(frame).subspan(5, 5'000), 5'000, frames));
    EXPECT_LE(budget_.used(), 5'005u * 8 + 16 * 1024);
    ASSERT_TRUE(feed(reader_, Bytes(frame).subspan(5'005), 5'000, frames));
    ASSERT_EQ(frames.size(), 1u);
    // A peer that sent a frame of this size is given the room for the next one at once.
    frames.clear();
    ASSERT_TRUE(feed(reader_, Bytes(frame).first(5), 5, frames));
    ASSERT_TRUE(reader_.make_space());
    EXPECT_EQ(reader_.space().size(), frame.size() - 5);
}

TEST_F(FrameReading, in_frame_tells_a_frame_that_has_begun) {
    EXPECT_FALSE(reader_.in_frame());
    std::vector<Frame> frames;
    const auto frame = make_frame(10, 1);
    ASSERT_TRUE(feed(reader_, Bytes(frame).first(1), 1, frames));
    EXPECT_TRUE(reader_.in_frame());
    ASSERT_TRUE(feed(reader_, Bytes(frame).subspan(1), 100, frames));
    EXPECT_FALSE(reader_.in_frame());
}

// Half-read frames fill the budget; still each of them gets whole in the end.
TEST(RequestMemoryTest, N11_one_frame_at_a_time_may_go_beyond_the_limit) {
    SimLoop loop;
    RequestMemory budget(loop.clock(), 100'000);
    const auto frame = make_frame(80'000, 1);
    std::list<FrameReader> readers;
    std::vector<Frame> frames;
    size_t refused = 0;
    for (int i = 0; i < 10; ++i) {
        FrameReader& reader = readers.emplace_back(budget, frame_max);
        if (!feed(reader, Bytes(frame).first(10'000), 10'000, frames)) ++refused;
    }
    EXPECT_GT(refused, 0u);
    EXPECT_LE(budget.used(), 100'000u + frame.size());
    size_t whole = 0;
    for (FrameReader& reader : readers) {
        const size_t done = reader.received_of_frame();
        if (feed(reader, Bytes(frame).subspan(done), 10'000, frames)) ++whole;
        frames.clear();
    }
    EXPECT_GE(whole, 1u);
    readers.clear();
    EXPECT_EQ(budget.used(), 0u);
}

TEST(RequestMemoryTest, N11_whoever_was_refused_is_woken_when_a_good_part_is_free) {
    SimLoop loop;
    RequestMemory budget(loop.clock(), 1000);
    auto large = std::make_unique<RequestMemory::Reservation>(budget);
    auto beyond = std::make_unique<RequestMemory::Reservation>(budget);
    RequestMemory::Reservation refused(budget);
    ASSERT_TRUE(large->grow_to(1000));
    ASSERT_TRUE(beyond->grow_to(500));
    ASSERT_FALSE(refused.grow_to(10));
    bool woken = false;
    auto wait = [](Signal& freed, bool& flag) -> Task<void> {
        flag = co_await freed.wait_until(std::chrono::hours(1));
    };
    boost::asio::co_spawn(loop.executor(), wait(budget.freed(), woken), [](std::exception_ptr) {});
    loop.run_ready();
    EXPECT_FALSE(woken);
    beyond.reset();
    loop.run_ready();
    EXPECT_TRUE(woken) << "the place beyond the limit is free again";
    ASSERT_TRUE(refused.grow_to(10));
    large.reset();
    EXPECT_EQ(budget.used(), 10u);
}

}  // namespace
}  // namespace barnabas::broker
