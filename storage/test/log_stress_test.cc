// SPDX-License-Identifier: Apache-2.0
// A log that grows on a real lane and a real disk while another thread reads whatever was
// published: what ThreadSanitizer watches. Whoever holds a snapshot finds whole batches up to its
// end (L26), and ends only move forward over what is written (L27).
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>

#include "base/asio/posix_disk.h"
#include "base/asio/thread_lane.h"
#include "base/test/temp_directory.h"
#include "protocol/record_batch.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

constexpr int appends = 3000;

// Everything from `from` to the snapshot's end must be there, whole and in order.
void read_to_the_end(const LogSnapshot& log, Offset from) {
    ReadRequest request;
    request.from = from;
    request.limit = log.end_offset;
    request.bytes_max = 64 << 20;
    request.at_least_one_batch = true;
    const auto plan = log.plan_read(request, ReadMode::blocking);
    ASSERT_TRUE(plan.has_value()) << plan.error().where;
    const std::vector<uint8_t> bytes = bytes_of(*plan);
    Bytes rest = bytes;
    Offset expected = from;
    while (!rest.empty()) {
        const auto batch = protocol::BatchView::parse(rest);
        ASSERT_TRUE(batch.has_value()) << "half a batch at " << expected.value;
        ASSERT_TRUE(batch->crc_valid()) << "at " << expected.value;
        ASSERT_EQ(batch->header().base_offset, expected);
        expected = batch->header().next_offset();
        rest = rest.subspan(batch->size());
    }
    ASSERT_EQ(expected, log.end_offset);
}

TEST(LogStress, L26_L27_what_is_published_is_whole) {
    TempDirectory directory;
    PosixDisk disk;
    LogOpenOptions options;
    options.directory = directory.path() + "/t-0";
    options.config.segment_bytes = 256 << 10;  // many rolls
    auto opened = Log::open(disk, options);
    ASSERT_TRUE(opened.has_value());
    std::shared_ptr<Log> log = std::move(*opened);
    boost::asio::io_context loop{1};
    auto latest = log->snapshot();
    int published = 0, reads = 0;
    {
        ThreadLane lane("stress");
        for (int i = 0; i < appends; ++i)
            lane.post([&, i] {
                const BatchSpec spec{.records = 1 + i % 5, .value_size = 100};
                auto result = log->append(make_request(make_batch(spec)));
                boost::asio::post(loop, [&, snapshot = std::move(result.snapshot)] {
                    ASSERT_GT(snapshot->end_offset, latest->end_offset);
                    latest = snapshot;
                    ++published;
                });
            });
        while (published < appends) {
            const Offset before = latest->end_offset;
            loop.restart();
            loop.run_one();
            if (latest->end_offset == before) continue;
            ASSERT_NO_FATAL_FAILURE(read_to_the_end(*latest, before));
            ++reads;
        }
    }
    EXPECT_EQ(reads, appends);
    EXPECT_GT(latest->sealed->size(), 3u);
    read_to_the_end(*latest, Offset{0});
}

}  // namespace
}  // namespace barnabas::storage
