// SPDX-License-Identifier: Apache-2.0
// Moves of logs between log directories: what is decided, that nothing is lost while a log is in
// use, and a loss of power at every operation of a move.
#include "storage/log_move.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "storage/directory_names.h"
#include "storage/test/log_rig.h"
#include "storage/test/manager_rig.h"

namespace barnabas::storage {
namespace {

using std::chrono::seconds;

const TopicPartition moving{"a", PartitionIndex{0}};

TEST(LogMove, a_copy_follows_its_log_and_is_finished_when_both_stand_still) {
    const auto step = [](int64_t log_start, int64_t log_end, int64_t copy_start, int64_t copy_end,
                         bool near_end, bool held, uint64_t unflushed) {
        return next_move_step({.log_start = Offset{log_start},
                               .log_end = Offset{log_end},
                               .copy_start = Offset{copy_start},
                               .copy_end = Offset{copy_end},
                               .was_truncated = false,
                               .near_end = near_end,
                               .held = held,
                               .unflushed_bytes = unflushed});
    };
    const uint64_t much = unflushed_bytes_max + 1;
    EXPECT_EQ(step(0, 9, 0, 0, false, false, 0), MoveStep::copy);
    EXPECT_EQ(step(0, 9, 0, 8, false, false, much), MoveStep::copy);
    EXPECT_EQ(step(0, 9, 0, 8, true, false, much), MoveStep::flush) << "not while changes wait";
    EXPECT_EQ(step(0, 9, 0, 8, true, false, 0), MoveStep::hold) << "or a busy log never ends";
    EXPECT_EQ(step(0, 9, 0, 8, true, true, 0), MoveStep::copy);
    EXPECT_EQ(step(0, 9, 0, 9, true, true, much), MoveStep::finish) << "which flushes";
    EXPECT_EQ(step(0, 0, 0, 0, false, false, 0), MoveStep::hold);
    EXPECT_EQ(step(4, 9, 0, 9, true, true, 0), MoveStep::advance_start);
    EXPECT_EQ(step(4, 9, 0, 9, false, false, 0), MoveStep::advance_start);
    EXPECT_EQ(step(4, 9, 0, 3, false, false, 0), MoveStep::start_over) << "there is a hole between";
    EXPECT_EQ(step(0, 5, 0, 9, true, true, 0), MoveStep::start_over);
    MoveView cut{.log_start = Offset{0},
                 .log_end = Offset{9},
                 .copy_start = Offset{0},
                 .copy_end = Offset{9}};
    cut.was_truncated = true;
    EXPECT_EQ(next_move_step(cut), MoveStep::start_over) << "other records may be there by now";
}

TEST(LogMove, a_start_believes_a_whole_copy_only_where_the_log_is_gone) {
    EXPECT_EQ(judge_future({.log_exists = true}), FoundFuture::restart);
    EXPECT_EQ(judge_future({.log_exists = true, .has_note = true}), FoundFuture::restart);
    EXPECT_EQ(judge_future({.has_note = true}), FoundFuture::promote);
    EXPECT_EQ(judge_future({.has_note = true, .any_offline = true}), FoundFuture::promote);
    EXPECT_EQ(judge_future({.has_note = true, .source_offline = true, .any_offline = true}),
              FoundFuture::keep);
    EXPECT_EQ(judge_future({.any_offline = true}), FoundFuture::keep);
    EXPECT_EQ(judge_future({}), FoundFuture::stray);
}

TEST(LogMove, names_of_copies_are_kafkas) {
    const std::string name = future_name(moving, id_of(0xc4)).value();
    EXPECT_EQ(name, "a-0.c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4-future");
    EXPECT_EQ(parse_future_name(name), moving);
    EXPECT_EQ(kind_of_directory(name), DirectoryKind::future);
    const TopicPartition dotted{"a.b-7", PartitionIndex{12}};
    EXPECT_EQ(parse_future_name(future_name(dotted, id_of(1)).value()), dotted);
    EXPECT_TRUE(future_name(partition_of(std::string(213, 'm'), 0), id_of(1)).has_value());
    EXPECT_FALSE(future_name(partition_of(std::string(214, 'm'), 0), id_of(1)).has_value());
    for (const char* bad : {"a-0", "a-0.00-future", "-future", "a-0-future",
                            "a.c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4-future"})
        EXPECT_EQ(parse_future_name(bad), std::nullopt) << bad;
}

std::vector<std::string> values_of(const LogHandle& log) {
    std::vector<std::string> values;
    for (const ReadRecord& record : read_records(*log.snapshot())) values.push_back(record.value);
    return values;
}

std::vector<std::string> values_up_to(int last) {
    std::vector<std::string> values;
    for (int i = 1; i <= last; ++i) values.emplace_back(1, static_cast<char>(i));
    return values;
}

class LogMoveTest : public testing::Test {
  protected:
    LogMoveTest() : disk(1), rig(loop, disk) { configure(rig); }

    static void configure(ManagerRig& rig) {
        rig.options.log_dirs = {"/one", "/two"};
        rig.config.flush_messages = 1;
        rig.config.segment_bytes = 200;
        rig.config.file_delete_delay_ms = 500;
    }
    // A log in /one with so many records.
    std::shared_ptr<LogHandle> prepare(int records) {
        EXPECT_TRUE(rig.start().has_value());
        rig.manager->start_background();
        const auto log = rig.log(moving, id_of(7)).value();
        for (int i = 1; i <= records; ++i) append(*log, i);
        return log;
    }
    void append(LogHandle& log, int value) {
        EXPECT_EQ(rig.append(log, static_cast<uint8_t>(value)).error, ErrorCode::none);
    }
    ErrorCode move(const TopicPartition& of, const std::string& path) {
        const auto moved = loop.run_until_done(rig.manager->move(of, path));
        return moved ? ErrorCode::none : moved.error().code;
    }
    // "one:a-0 two:a-0-future", as DescribeLogDirs would say.
    std::string places() {
        std::string text;
        for (const char* path : {"/one", "/two"}) {
            for (const LogSize& size : rig.manager->sizes_in(path))
                text += std::string(path + 1) + ":" + size.topic_partition.directory_name() +
                        (size.is_future ? "-future " : " ");
        }
        if (!text.empty()) text.pop_back();
        return text;
    }
    bool is_in(const std::string& where) {
        return loop.run_until([&] { return places() == where; }, seconds(60));
    }
    std::set<std::string> names_in(const std::string& path) {
        std::set<std::string> names;
        for (const auto& entry : disk.list(path).value())
            if (entry.is_directory && entry.name != "__cluster_metadata-0")
                names.insert(entry.name);
        return names;
    }

    SimLoop loop;
    SimDisk disk;
    ManagerRig rig;
};

TEST_F(LogMoveTest, a_log_moves_while_it_is_written_and_read) {
    const auto log = prepare(9);
    const auto before = log->snapshot();
    log->set_high_watermark(Offset{9});
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    for (int i = 10; i <= 40; ++i) append(*log, i);
    ASSERT_TRUE(is_in("two:a-0"));
    for (int i = 41; i <= 50; ++i) append(*log, i);
    EXPECT_EQ(rig.manager->find(moving), log) << "whoever had the log has it still";
    EXPECT_EQ(values_of(*log), values_up_to(50));
    EXPECT_EQ(read_records(*before).size(), 9u) << "what was being read can be read to the end";
    EXPECT_EQ(rig.manager->directories()[0].partitions, 0u);
    EXPECT_EQ(rig.manager->directories()[1].partitions, 1u);
    loop.run_for(seconds(7));
    EXPECT_TRUE(names_in("/one").empty()) << "the old files are deleted after a while";
    EXPECT_EQ(names_in("/two"), std::set<std::string>{"a-0"});
    EXPECT_FALSE(disk.exists("/two/a-0/move-complete").value());
    crash(rig, 5);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(values_of(*rig.manager->find(moving)), values_up_to(50));
    EXPECT_EQ(rig.manager->find(moving)->checkpointed_high_watermark(), Offset{9});
    EXPECT_EQ(places(), "two:a-0");
}

TEST_F(LogMoveTest, answers_are_kafkas) {
    const auto log = prepare(1);
    EXPECT_EQ(move(moving, "/one"), ErrorCode::none);
    EXPECT_EQ(move(moving, "/elsewhere"), ErrorCode::log_dir_not_found);
    EXPECT_EQ(move(moving, "/two/"), ErrorCode::log_dir_not_found);
    EXPECT_EQ(move(partition_of("nope", 0), "/nope"), ErrorCode::log_dir_not_found);
    EXPECT_EQ(move(partition_of(std::string(214, 'm'), 0), "/one"),
              ErrorCode::invalid_topic_exception);
    EXPECT_EQ(move(partition_of("b", 3), "/one"), ErrorCode::unknown_topic_or_partition);
    // Without the preference it would go to the emptier one.
    const auto config = rig.config_of("b");
    auto creating = rig.manager->create(partition_of("b", 3), id_of(8), config);
    ASSERT_TRUE(loop.run_until_done(std::move(creating)).has_value());
    EXPECT_EQ(places(), "one:a-0 one:b-3");
}

TEST_F(LogMoveTest, the_directory_it_is_in_ends_a_move) {
    const auto log = prepare(30);
    rig.manager->set_move_rate(100);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none) << "asked again, it goes on";
    loop.run_for(seconds(1));
    EXPECT_EQ(places(), "one:a-0 two:a-0-future");
    ASSERT_EQ(move(moving, "/one"), ErrorCode::none);
    EXPECT_EQ(places(), "one:a-0");
    append(*log, 31);
    loop.run_for(seconds(5));
    EXPECT_EQ(values_of(*log), values_up_to(31));
    EXPECT_TRUE(names_in("/two").empty());
    rig.manager->set_move_rate(1 << 30);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    EXPECT_TRUE(is_in("two:a-0"));
    EXPECT_EQ(values_of(*log), values_up_to(31));
}

TEST_F(LogMoveTest, a_removed_log_takes_its_copy_along) {
    prepare(30);
    rig.manager->set_move_rate(100);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    EXPECT_TRUE(rig.remove(moving).has_value());
    EXPECT_EQ(places(), "");
    loop.run_for(seconds(5));
    EXPECT_TRUE(names_in("/one").empty());
    EXPECT_TRUE(names_in("/two").empty());
}

TEST_F(LogMoveTest, deleted_records_and_truncation_reach_the_copy) {
    const auto log = prepare(30);
    rig.manager->set_move_rate(400);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    loop.run_for(seconds(1));
    ASSERT_TRUE(loop.run_until_done(log->truncate_to(Offset{20})).has_value());
    for (int i = 21; i <= 25; ++i) append(*log, i);
    ASSERT_TRUE(loop.run_until_done(log->advance_log_start(Offset{11})).has_value());
    ASSERT_TRUE(is_in("two:a-0"));
    EXPECT_EQ(log->snapshot()->log_start_offset, Offset{11});
    auto expected = values_up_to(25);
    expected.erase(expected.begin(), expected.begin() + 11);
    EXPECT_EQ(values_of(*log), expected);
    crash(rig, 5);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(values_of(*rig.manager->find(moving)), expected);
}

TEST_F(LogMoveTest, a_failing_target_leaves_the_log_where_it_is) {
    const auto log = prepare(30);
    disk.fail({.op = DiskOp::write, .after = 2, .path_contains = "-future"});
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    loop.run_for(seconds(5));
    EXPECT_EQ(places(), "one:a-0");
    EXPECT_TRUE(rig.manager->directories()[1].offline);
    EXPECT_FALSE(rig.manager->directories()[0].offline);
    append(*log, 31);
    EXPECT_EQ(values_of(*log), values_up_to(31));
}

TEST_F(LogMoveTest, a_target_without_room_lets_the_move_wait) {
    const auto log = prepare(30);
    disk.set_capacity(13 << 20);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    loop.run_for(seconds(5));
    EXPECT_EQ(places(), "one:a-0 two:a-0-future");
    append(*log, 31);
    disk.set_capacity(uint64_t{1} << 30);
    EXPECT_TRUE(is_in("two:a-0"));
    EXPECT_EQ(values_of(*log), values_up_to(31));
}

TEST_F(LogMoveTest, a_move_begins_anew_after_a_restart) {
    prepare(30);
    rig.manager->set_move_rate(100);
    ASSERT_EQ(move(moving, "/two"), ErrorCode::none);
    loop.run_for(seconds(1));
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_TRUE(is_in("two:a-0"));
    EXPECT_EQ(values_of(*rig.manager->find(moving)), values_up_to(30));
}

// One life of a process in which a log moves, as far as the disk lets it. Gives the last value that
// was acknowledged, after those there were before.
int live(ManagerRig& rig, int first, int last) {
    int acknowledged = first - 1;
    if (!rig.start().has_value()) return acknowledged;
    rig.manager->start_background();
    const auto log = rig.manager->find(moving);
    if (log == nullptr || log->offline()) return acknowledged;
    (void)rig.loop.run_until_done(rig.manager->move(moving, "/two"));
    for (int value = first; value <= last; ++value) {
        if (rig.append(*log, static_cast<uint8_t>(value)).error != ErrorCode::none) break;
        acknowledged = value;
    }
    rig.loop.run_for(seconds(7));  // deletion of the old files, checkpoints
    (void)rig.stop();
    return acknowledged;
}

class LogMoveCrashTest : public LogMoveTest {
  protected:
    // After a loss of power at that operation.
    void check(SimDisk& broken, int acknowledged, int sent) {
        SimLoop later;
        ManagerRig next(later, broken);
        configure(next);
        ASSERT_TRUE(next.start().has_value());
        next.manager->start_background();
        const auto log = next.manager->find(moving);
        ASSERT_NE(log, nullptr);
        ASSERT_FALSE(log->offline());
        const auto found = values_of(*log);
        ASSERT_GE(found.size(), static_cast<size_t>(acknowledged)) << "acknowledged, and lost";
        ASSERT_LE(found.size(), static_cast<size_t>(sent));
        EXPECT_EQ(found, values_up_to(static_cast<int>(found.size())));
        const auto after = static_cast<uint8_t>(found.size() + 1);
        EXPECT_EQ(next.append(*log, after).error, ErrorCode::none);
        (void)later.run_until_done(next.manager->move(moving, "/two"));
        const auto settled = [&] {
            const auto sizes = next.manager->sizes_in("/two");
            return sizes.size() == 1 && !sizes[0].is_future;
        };
        EXPECT_TRUE(later.run_until(settled, seconds(60)));
        later.run_for(seconds(7));
        EXPECT_EQ(values_of(*log), values_up_to(after));
        EXPECT_TRUE(next.stop().has_value());
        for (const auto& entry : broken.list("/one").value())
            EXPECT_FALSE(entry.is_directory && entry.name.starts_with("a-0")) << entry.name;
    }
};

TEST_F(LogMoveCrashTest, any_moment_of_a_move) {
    prepare(6);
    ASSERT_TRUE(rig.stop().has_value());
    uint64_t operations = 0;
    {
        SimLoop whole;
        const auto copy = disk.clone();
        ManagerRig life(whole, *copy);
        configure(life);
        const uint64_t before = copy->operations();
        ASSERT_EQ(live(life, 7, 12), 12);
        operations = copy->operations() - before;
        ASSERT_TRUE(copy->exists("/two/a-0").value());
    }
    ASSERT_GT(operations, 60u);
    for (uint64_t at = 0; at < operations; ++at) {
        for (uint64_t seed = 1; seed <= 3; ++seed) {
            SCOPED_TRACE("crash at operation " + std::to_string(at) + ", seed " +
                         std::to_string(seed));
            const auto broken = disk.clone();
            int acknowledged = 0;
            {
                SimLoop first;
                ManagerRig life(first, *broken);
                configure(life);
                broken->crash_at(at);
                acknowledged = live(life, 7, 12);
            }
            broken->crash(at * 31 + seed);
            check(*broken, acknowledged, 12);
            if (HasFailure()) return;
        }
    }
}

}  // namespace
}  // namespace barnabas::storage
