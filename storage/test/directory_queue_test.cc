// SPDX-License-Identifier: Apache-2.0
// The queue in front of a directory's lane, through LogHandle: order, group commit, failing and
// stuck disks, back-pressure. The logs are pretended; time and lanes are simulated.
#include "storage/directory_queue.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_lane.h"
#include "base/sim/sim_loop.h"
#include "storage/disk_log_handle.h"
#include "storage/test/fake_log.h"

namespace barnabas::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

LogConfig flushing() {
    LogConfig config;
    config.flush_messages = 1;
    return config;
}

// One log directory with pretended logs.
struct Bench {
    explicit Bench(SimLoop& on, DirectoryQueueOptions options = {}) : loop(on) {
        auto owned = std::make_unique<SimLane>(loop);
        auto owned_background = std::make_unique<SimLane>(loop);
        lane = owned.get();
        background = owned_background.get();
        directory = std::make_shared<LogDirectory>(
            loop.executor(), loop.clock(), disk, "/data",
            LogDirectory::Lanes{.changes = std::move(owned),
                                .reads = nullptr,
                                .background = std::move(owned_background),
                                .make_work_lane = nullptr},
            options);
    }
    std::shared_ptr<DiskLogHandle> add(const std::string& name, LogConfig config = {}) {
        OpenedLog opened;
        opened.log = std::make_unique<FakeLog>(name, journal);
        opened.snapshot = opened.log->snapshot();
        const TopicPartition of{name, PartitionIndex{0}};
        auto handle =
            std::make_shared<DiskLogHandle>(directory, of, Uuid{}, config, std::move(opened));
        handle->attach();
        return handle;
    }

    SimLoop& loop;
    SimDisk disk;
    SimLane* lane = nullptr;
    SimLane* background = nullptr;
    std::shared_ptr<FakeLog::Journal> journal = std::make_shared<FakeLog::Journal>();
    std::shared_ptr<LogDirectory> directory;
};

const std::vector<uint8_t> some_bytes(100, 7);

AppendRequest request_of(size_t size) {
    AppendRequest request;
    request.records = Bytes(some_bytes).first(size);
    return request;
}

// Results of appends that go on at the same time.
struct Answers {
    explicit Answers(SimLoop& on) : loop(on) {}
    void keep(Task<AppendResult> appending) {
        results.emplace_back();
        auto store = [](Task<AppendResult> task, std::optional<AppendResult>* into) -> Task<void> {
            *into = co_await std::move(task);
        };
        auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
        boost::asio::co_spawn(loop.executor(), store(std::move(appending), &results.back()),
                              escaped);
    }
    size_t count() const {
        size_t n = 0;
        for (const auto& result : results) n += result.has_value() ? 1 : 0;
        return n;
    }
    bool all() const { return count() == results.size(); }
    bool wait() {
        return loop.run_until([this] { return all(); }, seconds(100));
    }
    size_t with(ErrorCode error) const {
        size_t n = 0;
        for (const auto& result : results) n += result && result->error == error ? 1 : 0;
        return n;
    }

    SimLoop& loop;
    std::deque<std::optional<AppendResult>> results;
};

TEST(DirectoryQueue, appends_in_call_order_even_when_awaited_backwards) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    auto first = log->append(request_of(1));
    auto second = log->append(request_of(2));
    auto dropped = std::optional(log->append(request_of(3)));
    dropped.reset();  // never awaited, appended all the same
    const auto second_result = loop.run_until_done(std::move(second));
    const auto first_result = loop.run_until_done(std::move(first));
    EXPECT_EQ(first_result.base_offset, Offset{0});
    EXPECT_EQ(second_result.base_offset, Offset{1});
    loop.run_for(seconds(1));
    EXPECT_EQ(log->snapshot()->end_offset, Offset{3});
    EXPECT_EQ(bench.journal->calls,
              (std::vector<std::string>{"a append 1", "a append 2", "a append 3"}));
}

TEST(DirectoryQueue, publishes_in_order_before_tasks_complete) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    std::vector<int64_t> published;
    log->on_published([&] { published.push_back(log->snapshot()->end_offset.value); });
    auto append_and_look = [](std::shared_ptr<LogHandle> handle) -> Task<bool> {
        auto appending = handle->append(request_of(1));
        const auto result = co_await std::move(appending);
        co_return handle->snapshot()->end_offset > result.last_offset;
    };
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(loop.run_until_done(append_and_look(log)));
    EXPECT_EQ(published, (std::vector<int64_t>{1, 2, 3}));
}

TEST(DirectoryQueue, ten_queued_appends_share_one_fsync) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a", flushing());
    Answers answers(loop);
    for (int i = 0; i < 10; ++i) answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::none), 10u);
    EXPECT_EQ(bench.journal->flushes, 1);
    EXPECT_EQ(log->recovery_point(), Offset{10});
    EXPECT_EQ(bench.journal->calls.back(), "a flush");
}

TEST(DirectoryQueue, group_commit_flushes_each_log_once) {
    SimLoop loop;
    Bench bench(loop);
    std::vector<std::shared_ptr<DiskLogHandle>> logs;
    for (const char* name : {"a", "b", "c"}) logs.push_back(bench.add(name, flushing()));
    Answers answers(loop);
    for (int i = 0; i < 30; ++i) answers.keep(logs[i % 3]->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(bench.journal->flushes, 3);
}

TEST(DirectoryQueue, nothing_is_answered_or_published_before_its_fsync) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a", flushing());
    Answers answers(loop);
    answers.keep(log->append(request_of(1)));
    AppendRequest relaxed = request_of(2);
    relaxed.flush_allowed = false;
    // Does not ask for fsync, but must not show readers the first one early.
    answers.keep(log->append(relaxed));
    auto appended = [&] { return bench.journal->appends == 2; };
    ASSERT_TRUE(loop.run_until(appended));
    loop.run_ready();
    EXPECT_EQ(bench.journal->flushes, 0);
    EXPECT_EQ(answers.count(), 0u);
    EXPECT_EQ(log->snapshot()->end_offset, Offset{0});
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(log->snapshot()->end_offset, Offset{2});
}

TEST(DirectoryQueue, flush_required_flushes_whatever_the_config) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    AppendRequest request = request_of(1);
    EXPECT_EQ(loop.run_until_done(log->append(request)).error, ErrorCode::none);
    EXPECT_EQ(bench.journal->flushes, 0);
    request.flush_required = true;
    request.flush_allowed = false;
    EXPECT_EQ(loop.run_until_done(log->append(request)).error, ErrorCode::none);
    EXPECT_EQ(bench.journal->flushes, 1);
}

TEST(DirectoryQueue, flush_messages_above_one_flushes_behind_the_answer) {
    SimLoop loop;
    Bench bench(loop);
    LogConfig config;
    config.flush_messages = 5;
    const auto log = bench.add("a", config);
    Answers answers(loop);
    for (int i = 0; i < 4; ++i) answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    loop.run_for(seconds(1));
    EXPECT_EQ(bench.journal->flushes, 0);
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error, ErrorCode::none);
    loop.run_for(seconds(1));
    EXPECT_EQ(bench.journal->flushes, 1);
    EXPECT_EQ(log->recovery_point(), Offset{5});
}

// A log whose next append is the first after a roll.
std::shared_ptr<DiskLogHandle> rolled_log(Bench& bench, LogConfig config = {}) {
    const auto log = bench.add("a", config);
    auto roll = [](LaneLog& lane_log) { return lane_log.log->roll(0); };
    EXPECT_TRUE(bench.loop.run_until_done(log->change(roll)).has_value());
    const auto file = bench.disk.open("/sealed", OpenMode::create_or_open);
    EXPECT_TRUE(file.has_value());
    bench.journal->sealed_files.push_back(*file);
    return log;
}

TEST(DirectoryQueue, L18_sealed_segment_is_synced_in_the_background) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = rolled_log(bench);
    bench.background->stuck();
    Answers answers(loop);
    for (int i = 0; i < 10; ++i) answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(answers.wait()) << "appends do not wait for the sync";
    loop.run_for(seconds(5));
    EXPECT_EQ(log->recovery_point(), Offset{0});
    bench.background->release();
    loop.run_for(seconds(1));
    EXPECT_EQ(bench.disk.count(DiskOp::sync), 1u);
    EXPECT_EQ(bench.journal->calls.back(), "a flush_sealed");
    EXPECT_EQ(bench.journal->flushes, 0);
    EXPECT_EQ(log->recovery_point(), Offset{9});
}

TEST(DirectoryQueue, L11_failed_background_sync_takes_the_directory_offline) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = rolled_log(bench);
    bench.disk.fail({.op = DiskOp::sync});
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error, ErrorCode::none);
    loop.run_for(seconds(1));
    EXPECT_TRUE(bench.directory->offline());
    EXPECT_EQ(log->recovery_point(), Offset{0});
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error,
              ErrorCode::kafka_storage_error);
}

TEST(DirectoryQueue, L11_a_flush_waits_for_the_background_sync) {
    for (const bool failing : {false, true}) {
        SimLoop loop;
        Bench bench(loop);
        const auto log = rolled_log(bench);
        if (failing) bench.disk.fail({.op = DiskOp::sync});
        bench.background->stuck();
        EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error, ErrorCode::none);
        AppendRequest durable = request_of(2);
        durable.flush_required = true;
        Answers answers(loop);
        answers.keep(log->append(durable));
        loop.run_for(seconds(5));
        EXPECT_EQ(answers.count(), 0u);
        bench.background->release();
        ASSERT_TRUE(answers.wait());
        EXPECT_EQ(answers.with(failing ? ErrorCode::kafka_storage_error : ErrorCode::none), 1u);
        EXPECT_EQ(bench.journal->flushes, failing ? 0 : 1);
    }
}

TEST(DirectoryQueue, L14_removing_a_log_during_its_background_sync) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = rolled_log(bench);
    bench.background->stuck();
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error, ErrorCode::none);
    auto retire = [&](DirectoryFiles&) -> Result<void> {
        const Error gone{ErrorCode::unknown_topic_or_partition, 0, "log was removed"};
        bench.directory->queue().retire(*log->lane_log(), gone);
        return {};
    };
    auto retiring = bench.directory->on_lane(retire, loop.clock().after(seconds(1)));
    EXPECT_TRUE(loop.run_until_done(std::move(retiring)).has_value());
    bench.background->release();
    loop.run_for(seconds(1));
    EXPECT_FALSE(bench.directory->offline());
    EXPECT_EQ(bench.journal->flushes, 0);
}

TEST(DirectoryQueue, L11_failed_fsync_fails_the_group_and_takes_the_directory_offline) {
    SimLoop loop;
    Bench bench(loop);
    Bench other(loop);
    const auto log = bench.add("a", flushing());
    const auto neighbour = bench.add("b");
    const auto elsewhere = other.add("c", flushing());
    std::string reported;
    bench.directory->queue().on_offline([&](const Error& why) { reported = describe(why); });
    bench.journal->flush_error = EIO;
    Answers answers(loop);
    for (int i = 0; i < 10; ++i) answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::kafka_storage_error), 10u);
    for (const auto& result : answers.results) EXPECT_EQ(result->base_offset, offset_none);  // X27
    EXPECT_EQ(log->snapshot()->end_offset, Offset{0}) << "readers never see what was not durable";
    loop.run_ready();
    EXPECT_TRUE(bench.directory->offline());
    EXPECT_TRUE(log->offline());
    EXPECT_TRUE(neighbour->offline());
    EXPECT_NE(reported, "");

    // The disk would work again: nothing of it is believed.
    bench.journal->flush_error = 0;
    const int appends = bench.journal->appends;
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error,
              ErrorCode::kafka_storage_error);
    EXPECT_EQ(loop.run_until_done(neighbour->append(request_of(1))).error,
              ErrorCode::kafka_storage_error);
    EXPECT_EQ(bench.journal->appends, appends);
    EXPECT_EQ(bench.journal->flushes, 1) << "a failed fsync is never tried again";
    EXPECT_EQ(loop.run_until_done(elsewhere->append(request_of(1))).error, ErrorCode::none);
}

TEST(DirectoryQueue, L11_appends_behind_the_failed_fsync_fail_too) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a", flushing());
    const auto neighbour = bench.add("b");
    bench.journal->flush_error = EIO;
    Answers answers(loop);
    answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(loop.run_until([&] { return bench.journal->appends == 1; }));
    // The flush is queued already; these come after it.
    for (int i = 0; i < 5; ++i) answers.keep(neighbour->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::kafka_storage_error), 6u);
    EXPECT_EQ(bench.journal->appends, 1);
}

TEST(DirectoryQueue, failed_write_takes_the_directory_offline) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    bench.journal->fail_appends = true;
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error,
              ErrorCode::kafka_storage_error);
    loop.run_ready();
    EXPECT_TRUE(bench.directory->offline());
}

TEST(DirectoryQueue, N14_stuck_lane_stops_only_its_directory) {
    SimLoop loop;
    Bench bench(loop);
    Bench other(loop);
    const auto log = bench.add("a");
    const auto elsewhere = other.add("b", flushing());
    bench.lane->stuck();
    Answers stuck(loop);
    for (int i = 0; i < 3; ++i) stuck.keep(log->append(request_of(1)));
    Answers moving(loop);
    for (int i = 0; i < 100; ++i) moving.keep(elsewhere->append(request_of(1)));
    const Nanos start = loop.clock().now();
    ASSERT_TRUE(moving.wait());
    EXPECT_LT(loop.clock().now() - start, seconds(1));
    EXPECT_EQ(stuck.count(), 0u);
    EXPECT_NE(log->snapshot(), nullptr);

    loop.run_for(seconds(5));
    const DirectoryQueueStats stats = bench.directory->queue().stats();
    EXPECT_EQ(stats.operations, 3u);
    EXPECT_GE(stats.stalled_for, seconds(5));
    EXPECT_EQ(other.directory->queue().stats().stalled_for, Nanos{0});
    bench.lane->release();
    ASSERT_TRUE(stuck.wait());
    EXPECT_EQ(stuck.with(ErrorCode::none), 3u);
    EXPECT_EQ(bench.directory->queue().stats().stalled_for, Nanos{0});
}

TEST(DirectoryQueue, N14_callers_of_a_stuck_lane_are_answered_after_their_patience) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    bench.lane->stuck();
    Answers answers(loop);
    for (int i = 0; i < 3; ++i) answers.keep(log->append(request_of(1)));
    auto flushing_late = log->flush();
    loop.run_for(seconds(32));
    EXPECT_EQ(answers.with(ErrorCode::request_timed_out), 3u);
    EXPECT_EQ(loop.run_until_done(std::move(flushing_late)).error().code,
              ErrorCode::request_timed_out);
    // The disk comes back: what was queued happens, and readers see it.
    bench.lane->release();
    loop.run_for(seconds(1));
    EXPECT_EQ(log->snapshot()->end_offset, Offset{3});
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).base_offset, Offset{3});
}

TEST(DirectoryQueue, bytes_on_the_lane_are_bounded_and_order_is_kept) {
    SimLoop loop;
    Bench bench(loop, {.lane_bytes_max = 2000, .waiting_bytes_max = 4000});
    const auto log = bench.add("a");
    bench.lane->stuck();
    Answers answers(loop);
    for (size_t i = 0; i < 20; ++i) answers.keep(log->append(request_of(i)));
    loop.run_ready();
    EXPECT_LE(bench.lane->depth(), 3u);
    EXPECT_LE(bench.directory->queue().stats().bytes, 6000u);
    EXPECT_EQ(answers.with(ErrorCode::request_timed_out), answers.count());
    const size_t refused = answers.count();
    EXPECT_GT(refused, 0u);
    bench.lane->release();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::none), 20 - refused);
    for (size_t i = 0; i < 20 - refused; ++i)
        EXPECT_EQ(bench.journal->calls.at(i), "a append " + std::to_string(i));
    EXPECT_EQ(bench.directory->queue().stats().bytes, 0u);
}

TEST(DirectoryQueue, an_append_larger_than_the_bound_still_goes_through) {
    SimLoop loop;
    Bench bench(loop, {.lane_bytes_max = 10, .waiting_bytes_max = 4000});
    const auto log = bench.add("a");
    Answers answers(loop);
    for (int i = 0; i < 5; ++i) answers.keep(log->append(request_of(90)));
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::none), 5u);
}

TEST(DirectoryQueue, waiting_appends_expire_without_reaching_the_lane) {
    SimLoop loop;
    Bench bench(loop, {.lane_bytes_max = 10, .waiting_bytes_max = 4000});
    const auto log = bench.add("a");
    bench.lane->stuck();
    Answers answers(loop);
    for (int i = 0; i < 3; ++i) answers.keep(log->append(request_of(1)));
    loop.run_for(seconds(40));
    EXPECT_EQ(answers.with(ErrorCode::request_timed_out), 3u);
    bench.lane->release();
    loop.run_for(seconds(1));
    EXPECT_EQ(bench.journal->appends, 1);
    EXPECT_EQ(bench.directory->queue().stats().operations, 0u);
}

TEST(DirectoryQueue, closing_answers_what_a_stuck_lane_left) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    bench.lane->stuck();
    Answers answers(loop);
    for (int i = 0; i < 3; ++i) answers.keep(log->append(request_of(1)));
    loop.run_ready();
    bench.directory->close();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::kafka_storage_error), 3u);
    EXPECT_EQ(loop.run_until_done(log->append(request_of(1))).error,
              ErrorCode::kafka_storage_error);
}

TEST(DirectoryQueue, L14_removing_a_log_answers_those_who_wait_for_its_flush) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a", flushing());
    const auto neighbour = bench.add("b", flushing());
    Answers answers(loop);
    Answers kept(loop);
    answers.keep(log->append(request_of(1)));
    kept.keep(neighbour->append(request_of(1)));
    auto retire = [&](DirectoryFiles&) -> Result<void> {
        const Error gone{ErrorCode::unknown_topic_or_partition, 0, "log was removed"};
        bench.directory->queue().retire(*log->lane_log(), gone);
        return {};
    };
    // Behind the appends, before their flush.
    auto retiring = bench.directory->on_lane(retire, loop.clock().after(seconds(1)));
    EXPECT_TRUE(loop.run_until_done(std::move(retiring)).has_value());
    answers.keep(log->append(request_of(1)));
    ASSERT_TRUE(answers.wait());
    ASSERT_TRUE(kept.wait());
    EXPECT_EQ(answers.with(ErrorCode::unknown_topic_or_partition), 2u);
    EXPECT_EQ(kept.with(ErrorCode::none), 1u);
    EXPECT_FALSE(bench.directory->offline());
}

TEST(DirectoryQueue, truncation_keeps_its_place_between_appends) {
    SimLoop loop;
    Bench bench(loop);
    const auto log = bench.add("a");
    Answers answers(loop);
    answers.keep(log->append(request_of(1)));
    answers.keep(log->append(request_of(2)));
    auto truncating = log->truncate_to(Offset{1});
    answers.keep(log->append(request_of(3)));
    EXPECT_TRUE(loop.run_until_done(std::move(truncating)).has_value());
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(bench.journal->calls,
              (std::vector<std::string>{"a append 1", "a append 2", "a truncate 1", "a append 3"}));
    EXPECT_EQ(answers.results.back()->base_offset, Offset{1});
}

// A log that is flushed by a helper, which stands still.
struct SlowSync {
    explicit SlowSync(SimLoop& loop) : bench(loop, options()) {
        bench.journal->synced_file = *bench.disk.open("/active", OpenMode::create_or_open);
    }
    DirectoryQueueOptions options() {
        DirectoryQueueOptions made;
        made.flush_helpers_max = 1;
        made.make_flush_helper = [this] {
            auto lane = std::make_unique<SimLane>(bench.loop);
            helper = lane.get();
            helper->stuck();
            return lane;
        };
        return made;
    }
    // How often the journal has the call.
    int64_t calls(const std::string& call) const { return std::ranges::count(all(), call); }
    const std::vector<std::string>& all() const { return bench.journal->calls; }
    // Appends once and waits until its sync is under way.
    void begin(const std::shared_ptr<DiskLogHandle>& log, Answers& answers) {
        answers.keep(log->append(request_of(1)));
        ASSERT_TRUE(bench.loop.run_until([&] { return helper && helper->depth() > 0; }));
    }

    SimLane* helper = nullptr;
    Bench bench;
};

TEST(DirectoryQueue, appends_go_on_while_a_sync_is_under_way) {
    SimLoop loop;
    SlowSync slow(loop);
    const auto log = slow.bench.add("a", flushing());
    Answers answers(loop);
    slow.begin(log, answers);
    for (int i = 0; i < 5; ++i) answers.keep(log->append(request_of(2)));
    loop.run_for(seconds(1));
    EXPECT_EQ(slow.bench.journal->appends, 6);
    EXPECT_EQ(answers.count(), 0u);
    EXPECT_EQ(log->snapshot()->end_offset, Offset{0}) << "readers see what is durable";
    slow.helper->release();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::none), 6u);
    EXPECT_EQ(slow.bench.disk.count(DiskOp::sync), 2u) << "those behind the first share one";
    EXPECT_EQ(log->recovery_point(), Offset{6});
    EXPECT_EQ(slow.bench.directory->queue().stats().operations, 0u);
}

TEST(DirectoryQueue, other_changes_wait_for_the_sync_and_keep_their_place) {
    SimLoop loop;
    SlowSync slow(loop);
    const auto log = slow.bench.add("a", flushing());
    Answers answers(loop);
    slow.begin(log, answers);
    auto truncating = log->truncate_to(Offset{0});
    answers.keep(log->append(request_of(3)));
    loop.run_for(seconds(1));
    EXPECT_EQ(slow.all(), (std::vector<std::string>{"a append 1", "a begin_flush"}));
    slow.helper->release();
    EXPECT_TRUE(loop.run_until_done(std::move(truncating)).has_value());
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(slow.all(), (std::vector<std::string>{"a append 1", "a begin_flush", "a end_flush",
                                                    "a truncate 0", "a append 3", "a begin_flush",
                                                    "a end_flush"}));
    EXPECT_EQ(answers.results.back()->base_offset, Offset{0});
    EXPECT_EQ(log->recovery_point(), Offset{1});
}

TEST(DirectoryQueue, L11_a_sync_that_fails_elsewhere_fails_all_that_waits) {
    SimLoop loop;
    SlowSync slow(loop);
    const auto log = slow.bench.add("a", flushing());
    const auto neighbour = slow.bench.add("b", flushing());
    slow.bench.disk.fail({.op = DiskOp::sync});
    Answers answers(loop);
    slow.begin(log, answers);
    answers.keep(log->append(request_of(2)));
    answers.keep(neighbour->append(request_of(3)));
    auto truncating = log->truncate_to(Offset{0});
    loop.run_for(seconds(1));
    slow.helper->release();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::kafka_storage_error), 3u);
    EXPECT_FALSE(loop.run_until_done(std::move(truncating)).has_value());
    EXPECT_TRUE(slow.bench.directory->offline());
    EXPECT_EQ(log->recovery_point(), Offset{0});
    EXPECT_EQ(log->snapshot()->end_offset, Offset{0});
}

TEST(DirectoryQueue, L14_removing_a_log_during_its_flush) {
    SimLoop loop;
    SlowSync slow(loop);
    const auto log = slow.bench.add("a", flushing());
    Answers answers(loop);
    slow.begin(log, answers);
    answers.keep(log->append(request_of(2)));
    auto truncating = log->truncate_to(Offset{0});
    auto retire = [&](DirectoryFiles&) -> Result<void> {
        const Error gone{ErrorCode::unknown_topic_or_partition, 0, "log was removed"};
        slow.bench.directory->queue().retire(*log->lane_log(), gone);
        return {};
    };
    auto retiring = slow.bench.directory->on_lane(retire, loop.clock().after(seconds(1)));
    EXPECT_TRUE(loop.run_until_done(std::move(retiring)).has_value());
    slow.helper->release();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::unknown_topic_or_partition), 2u);
    EXPECT_EQ(loop.run_until_done(std::move(truncating)).error().code,
              ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(slow.calls("a end_flush"), 0);
    EXPECT_FALSE(slow.bench.directory->offline());
}

TEST(DirectoryQueue, closing_answers_what_waits_for_a_sync) {
    SimLoop loop;
    SlowSync slow(loop);
    const auto log = slow.bench.add("a", flushing());
    Answers answers(loop);
    slow.begin(log, answers);
    answers.keep(log->append(request_of(2)));
    loop.run_ready();
    slow.bench.directory->close();
    ASSERT_TRUE(answers.wait());
    EXPECT_EQ(answers.with(ErrorCode::kafka_storage_error), 2u);
}

}  // namespace
}  // namespace barnabas::storage
