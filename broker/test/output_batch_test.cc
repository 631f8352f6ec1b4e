// SPDX-License-Identifier: Apache-2.0
// Whatever pieces are sent, and however little of each at a time, the bytes are those of the
// answers in their order.
#include "broker/server/output_batch.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim/sim_disk.h"

namespace barnabas::broker {
namespace {

using protocol::EncodedFrame;

// A file whose byte at `i` is a function of i, and what an answer makes of it.
struct Content {
    Content() {
        bytes.resize(100'000);
        Random(7).fill(bytes);
        file = disk.open("/file", OpenMode::create_or_open).value();
        const Bytes part(bytes);
        EXPECT_TRUE(file->write_at(0, {&part, 1}));
    }
    FileRange range(uint64_t position, uint64_t size) const { return {file, position, size}; }

    SimDisk disk;
    std::shared_ptr<File> file;
    std::vector<uint8_t> bytes;
};

std::vector<uint8_t> whole(const Content& content, const std::vector<EncodedFrame>& frames) {
    std::vector<uint8_t> all;
    for (const EncodedFrame& frame : frames) {
        size_t done = 0;
        const auto add_until = [&](size_t end) {
            all.insert(all.end(), frame.bytes.begin() + done, frame.bytes.begin() + end);
            done = end;
        };
        for (const auto& splice : frame.splices) {
            add_until(splice.position);
            const auto begin = content.bytes.begin() + splice.range.position;
            all.insert(all.end(), begin, begin + splice.range.size);
        }
        add_until(frame.bytes.size());
    }
    return all;
}

EncodedFrame random_frame(Random& random, const Content& content) {
    EncodedFrame frame;
    frame.bytes.resize(random.below(4) == 0 ? 0 : random.below(300));
    random.fill(frame.bytes);
    size_t position = 0;
    for (uint64_t count = random.below(4); count > 0; --count) {
        position += random.below(frame.bytes.size() - position + 1);
        const uint64_t size = random.below(3) == 0 ? 0 : random.below(900);
        frame.splices.push_back({position, content.range(random.below(90'000), size)});
    }
    return frame;
}

// Takes at most `count` of what comes next.
void send(OutputBatch& batch, const Content& content, uint64_t count, std::vector<uint8_t>& to) {
    const auto parts = batch.bytes();
    uint64_t left = count;
    for (const Bytes part : parts) {
        const auto size = std::min<uint64_t>(left, part.size());
        to.insert(to.end(), part.begin(), part.begin() + size);
        left -= size;
    }
    if (parts.empty()) {
        const FileRange range = batch.range();
        ASSERT_GT(range.size, 0u);
        left -= std::min(left, range.size);
        const auto begin = content.bytes.begin() + range.position;
        to.insert(to.end(), begin, begin + (count - left));
    }
    batch.sent(count - left);
}

TEST(OutputBatch, any_pieces_make_the_same_bytes) {
    const Content content;
    Random random(11);
    for (int round = 0; round < 2'000; ++round) {
        OutputBatch batch(1 + random.below(500));
        for (uint64_t count = 1 + random.below(80); count > 0; --count)
            batch.frames().push_back(random_frame(random, content));
        const auto expected = whole(content, batch.frames());
        std::vector<uint8_t> sent;
        batch.start();
        while (!batch.done()) send(batch, content, 1 + random.below(400), sent);
        ASSERT_EQ(sent, expected) << "round " << round;
        batch.clear();
        EXPECT_TRUE(batch.done());
    }
}

TEST(OutputBatch, small_answers_share_a_piece) {
    OutputBatch batch(1000);
    for (int i = 0; i < 10; ++i) batch.frames().push_back({std::vector<uint8_t>(90), {}});
    batch.start();
    EXPECT_EQ(batch.bytes().size(), 10u);
    batch.sent(900);
    EXPECT_TRUE(batch.done());
}

}  // namespace
}  // namespace barnabas::broker
