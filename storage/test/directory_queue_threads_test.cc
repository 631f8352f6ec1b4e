// SPDX-License-Identifier: Apache-2.0
// The queue with a lane that is a real thread: what ThreadSanitizer watches. Logs are pretended.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/asio/asio_clock.h"
#include "base/asio/thread_lane.h"
#include "base/asio/thread_shard.h"
#include "base/sim/sim_disk.h"
#include "storage/disk_log_handle.h"
#include "storage/test/fake_log.h"

namespace barnabas::storage {
namespace {

constexpr int writers = 16;
constexpr int appends_each = 500;

// A file that any thread may sync at any time.
class SyncedFile final : public File {
  public:
    Result<size_t> read_at(uint64_t, MutableBytes, ReadMode) const override { return size_t{0}; }
    Result<void> write_at(uint64_t, std::span<const Bytes>) override { return {}; }
    Result<void> sync() override {
        syncs_.fetch_add(1);
        return {};
    }
    Result<uint64_t> size() const override { return uint64_t{0}; }
    Result<void> truncate(uint64_t) override { return {}; }
    Result<void> preallocate(uint64_t) override { return {}; }
    bool is_cached(uint64_t, uint64_t) const override { return true; }
    void read_ahead(uint64_t, uint64_t) const override {}
    int native_handle() const override { return -1; }
    int syncs() const { return syncs_.load(); }

  private:
    std::atomic<int> syncs_{0};
};

struct Threads {
    explicit Threads(size_t flush_helpers = 0) : clock(io) {
        DirectoryQueueOptions options{.lane_bytes_max = 4096};
        options.flush_helpers_max = flush_helpers;
        if (flush_helpers > 0) file = std::make_shared<SyncedFile>();
        options.make_flush_helper = [] { return std::make_unique<ThreadLane>("flush"); };
        directory = std::make_shared<LogDirectory>(
            io.get_executor(), clock, disk, "/data",
            LogDirectory::Lanes{.changes = std::make_unique<ThreadLane>("changes"),
                                .reads = std::make_unique<ThreadLane>("reads"),
                                .background = std::make_unique<ThreadLane>("background"),
                                .make_work_lane = nullptr},
            options);
    }
    std::shared_ptr<DiskLogHandle> add(const std::string& name, LogConfig config) {
        OpenedLog opened;
        auto journal = std::make_shared<FakeLog::Journal>();
        journal->synced_file = file;
        opened.log = std::make_unique<FakeLog>(name, std::move(journal));
        opened.snapshot = opened.log->snapshot();
        const TopicPartition of{name, PartitionIndex{0}};
        auto handle =
            std::make_shared<DiskLogHandle>(directory, of, Uuid{}, config, std::move(opened));
        handle->attach();
        return handle;
    }

    boost::asio::io_context io{1};
    AsioClock clock;
    SimDisk disk;
    // What helpers sync; null: nobody helps.
    std::shared_ptr<SyncedFile> file;
    std::shared_ptr<LogDirectory> directory;
};

Task<void> write(std::shared_ptr<DiskLogHandle> log, int64_t* done) {
    Offset last = offset_none;
    for (int i = 0; i < appends_each; ++i) {
        const auto result = co_await log->append(AppendRequest());
        EXPECT_EQ(result.error, ErrorCode::none);
        EXPECT_GT(result.base_offset, last);
        EXPECT_GT(log->snapshot()->end_offset, result.last_offset);
        last = result.base_offset;
        ++*done;
    }
}

TEST(DirectoryQueueThreads, many_writers_over_one_lane) {
    Threads threads;
    LogConfig flushing;
    flushing.flush_messages = 1;
    LogConfig sometimes;
    sometimes.flush_messages = 7;
    const auto a = threads.add("a", flushing);
    const auto b = threads.add("b", sometimes);
    int64_t done = 0;
    auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
    for (int i = 0; i < writers; ++i)
        boost::asio::co_spawn(threads.io, write(i % 2 == 0 ? a : b, &done), escaped);
    while (done < writers * appends_each) threads.io.run_one();
    EXPECT_EQ(a->snapshot()->end_offset, Offset{writers / 2 * appends_each});
    EXPECT_EQ(a->recovery_point(), a->snapshot()->end_offset);
    const DirectoryQueueStats stats = threads.directory->queue().stats();
    EXPECT_EQ(stats.operations, 0u);
    EXPECT_LT(stats.flushes, static_cast<uint64_t>(writers * appends_each));
    threads.directory->close();
    threads.io.restart();
    threads.io.poll();
}

TEST(DirectoryQueueThreads, helpers_flush_several_logs_at_a_time) {
    constexpr size_t helpers = 3;
    constexpr int logs = 6;  // more than can be flushed at once
    Threads threads(helpers);
    LogConfig flushing;
    flushing.flush_messages = 1;
    std::vector<std::shared_ptr<DiskLogHandle>> handles;
    for (int i = 0; i < logs; ++i)
        handles.push_back(threads.add("log" + std::to_string(i), flushing));
    int64_t done = 0;
    auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
    for (const auto& handle : handles)
        for (int i = 0; i < 2; ++i)
            boost::asio::co_spawn(threads.io, write(handle, &done), escaped);
    while (done < logs * 2 * appends_each) threads.io.run_one();
    for (const auto& handle : handles) {
        EXPECT_EQ(handle->snapshot()->end_offset, Offset{2 * appends_each});
        EXPECT_EQ(handle->recovery_point(), handle->snapshot()->end_offset);
    }
    EXPECT_GT(threads.file->syncs(), 0);
    EXPECT_LT(threads.file->syncs(), logs * 2 * appends_each) << "writers of a log share them";
    threads.directory->close();
    threads.io.restart();
    threads.io.poll();
}

// Appends run on the loop's thread as long as nothing else is on the lane.
TEST(DirectoryQueueThreads, many_writers_over_a_lane_that_borrows_the_loop) {
    ThreadShard shard(0);
    SimDisk disk;
    auto directory = std::make_shared<LogDirectory>(
        shard.executor(), shard.clock(), disk, "/data",
        LogDirectory::Lanes{.changes = std::make_unique<ThreadLane>("changes", &shard.guard()),
                            .reads = nullptr,
                            .background = nullptr,
                            .make_work_lane = nullptr},
        DirectoryQueueOptions{});
    OpenedLog opened;
    opened.log = std::make_unique<FakeLog>("a", std::make_shared<FakeLog::Journal>());
    opened.snapshot = opened.log->snapshot();
    const TopicPartition of{"a", PartitionIndex{0}};
    auto log =
        std::make_shared<DiskLogHandle>(directory, of, Uuid{}, LogConfig{}, std::move(opened));
    log->attach();
    int64_t done = 0;
    auto on_end = [&](const std::exception_ptr& error) {
        ASSERT(!error);
        if (done == writers * appends_each) shard.request_stop();
    };
    for (int i = 0; i < writers; ++i) boost::asio::co_spawn(shard.io(), write(log, &done), on_end);
    shard.run();
    EXPECT_EQ(log->snapshot()->end_offset, Offset{writers * appends_each});
    directory->close();
    shard.io().restart();
    shard.io().poll();
}

TEST(DirectoryQueueThreads, closing_with_appends_in_flight) {
    for (int round = 0; round < 20; ++round) {
        Threads threads(round % 2 == 0 ? 0 : 2);
        LogConfig flushing;
        flushing.flush_messages = 1;
        const auto log = threads.add("a", flushing);
        std::vector<Task<AppendResult>> tasks;
        for (int i = 0; i < 100; ++i) tasks.push_back(log->append(AppendRequest()));
        threads.directory->close();
        size_t answered = 0;
        auto wait = [](Task<AppendResult> task, size_t* count) -> Task<void> {
            [[maybe_unused]] const auto result = co_await std::move(task);
            ++*count;
        };
        auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
        for (auto& task : tasks)
            boost::asio::co_spawn(threads.io, wait(std::move(task), &answered), escaped);
        while (answered < tasks.size()) threads.io.run_one();
    }
}

}  // namespace
}  // namespace barnabas::storage
