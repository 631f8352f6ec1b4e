// SPDX-License-Identifier: Apache-2.0
// Compaction as a process runs it: which log comes first, how fast, what stops it, and what it
// leaves on disk (pitfalls K14-K16).
#include "storage/log_cleaner.h"

#include <gtest/gtest.h>

#include "storage/test/compaction_rig.h"
#include "storage/test/manager_rig.h"

namespace barnabas::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CleanerTest : public testing::Test {
  protected:
    CleanerTest() {
        rig.options.cleaner.backoff_ms = 100;
        rig.options.recovery_lanes_per_directory = 1;
        rig.config.cleanup_compact = true;
        rig.config.cleanup_delete = false;
        rig.config.retention_ms = -1;
        rig.config.segment_bytes = 500;
        rig.config.file_delete_delay_ms = 1000;
        rig.config.min_cleanable_dirty_ratio = 0.1;
    }
    void start() {
        ASSERT_TRUE(rig.start().has_value());
        rig.manager->start_background();
    }
    std::shared_ptr<LogHandle> open(const std::string& topic) {
        return *rig.log(partition_of(topic, 0), id_of(7));
    }
    void put(LogHandle& log, const std::string& key, const std::string& value) {
        KeyedBatch batch;
        batch.records.push_back({key, value, loop.clock().wall_ms()});
        const auto result = append(log, make_keyed_batch(batch));
        ASSERT_EQ(result.error, ErrorCode::none) << result.error_message;
    }
    AppendResult append(LogHandle& log, std::vector<uint8_t> bytes) {
        AppendRequest request = make_request(std::move(bytes));
        request.now_ms = loop.clock().wall_ms();
        const auto result = loop.run_until_done(log.append(std::move(request)));
        log.set_high_watermark(log.snapshot()->end_offset);
        return result;
    }
    void fill(LogHandle& log, int count, const std::string& tag = "v") {
        for (int i = 0; i < count; ++i)
            put(log, "k" + std::to_string(i % 7), tag + std::to_string(i));
    }
    static std::vector<FoundRecord> found(const LogHandle& log) {
        return found_records(read_bytes(*log.snapshot()));
    }
    bool is_compact(const LogHandle& log) { return found(log).size() < 30; }
    std::string checkpoint() {
        const auto content = disk.read_file("/data/cleaner-offset-checkpoint", 1 << 20);
        return content ? std::string(as_text(*content)) : "";
    }
    std::vector<std::string> names(const std::string& directory) {
        std::vector<std::string> names;
        const auto entries = disk.list(directory);
        if (!entries) return names;
        for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
        return names;
    }

    SimLoop loop;
    SimDisk disk;
    ManagerRig rig{loop, disk};
};

TEST_F(CleanerTest, compacts_in_the_background_and_goes_on_after_a_restart) {
    start();
    const auto log = open("a");
    fill(*log, 200);
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*log); }, seconds(60)));
    loop.run_for(seconds(5));
    const auto before = found(*log);
    const std::string noted = checkpoint();
    EXPECT_TRUE(noted.starts_with("0\n1\na 0 1")) << noted;
    EXPECT_GE(rig.manager->cleaner().rounds, 1u);
    EXPECT_GT(rig.manager->cleaner().bytes_read, rig.manager->cleaner().bytes_kept);
    // Old files go when their delay is over.
    loop.run_for(seconds(10));
    for (const std::string& name : names("/data/a-0")) {
        EXPECT_FALSE(name.ends_with(".deleted")) << name;
        EXPECT_FALSE(name.ends_with(".cleaned")) << name;
    }
    ASSERT_TRUE(rig.stop().has_value());
    start();
    const auto again = open("a");
    EXPECT_EQ(found(*again), before);
    loop.run_for(seconds(5));
    EXPECT_EQ(rig.manager->cleaner().rounds, 0u) << "nothing is new";
    fill(*again, 100, "w");
    ASSERT_TRUE(loop.run_until([&] { return rig.manager->cleaner().rounds > 0; }, seconds(60)));
    EXPECT_EQ(checkpoint().substr(0, 7), "0\n1\na 0");
}

TEST_F(CleanerTest, the_dirtiest_log_comes_first) {
    rig.options.cleaner.threads = 0;
    start();
    const auto a = open("a"), b = open("b"), c = open("c");
    fill(*a, 40);
    fill(*b, 120);
    ASSERT_TRUE(rig.stop().has_value());
    rig.options.cleaner.threads = 1;
    rig.options.cleaner.bytes_per_second = 2000;
    start();
    // Never compacted, both are wholly dirty; then the one with more of it new.
    loop.run_for(seconds(60));
    const auto log_a = open("a"), log_b = open("b");
    EXPECT_TRUE(is_compact(*log_a));
    EXPECT_TRUE(is_compact(*log_b));
    const uint64_t rounds = rig.manager->cleaner().rounds;
    fill(*log_a, 30, "w");
    fill(*log_b, 120, "w");
    ASSERT_TRUE(
        loop.run_until([&] { return rig.manager->cleaner().rounds > rounds; }, seconds(600)));
    EXPECT_GT(found(*log_a).size(), 30u);
    EXPECT_LT(found(*log_b).size(), 30u);
    EXPECT_EQ(found(*open("c")).size(), 0u);
}

TEST_F(CleanerTest, settings_change_while_it_runs) {
    rig.options.cleaner.threads = 0;
    rig.options.cleaner.backoff_ms = 3'600'000;
    start();
    const auto log = open("a");
    fill(*log, 200);
    loop.run_for(seconds(60));
    EXPECT_EQ(rig.manager->cleaner().rounds, 0u) << "no thread";
    LogCleanerOptions changed = rig.options.cleaner;
    changed.threads = 2;
    changed.bytes_per_second = 1000;
    rig.manager->set_cleaner_options(changed);
    const Nanos begin = loop.clock().now();
    ASSERT_TRUE(loop.run_until([&] { return rig.manager->cleaner().rounds == 1; }, seconds(600)));
    fill(*log, 200, "w");
    loop.run_for(seconds(60));
    EXPECT_EQ(rig.manager->cleaner().rounds, 1u) << "an hour's rest";
    changed.backoff_ms = 100;
    changed.bytes_per_second = 1e9;
    rig.manager->set_cleaner_options(changed);
    ASSERT_TRUE(loop.run_until([&] { return rig.manager->cleaner().rounds == 2; }, seconds(5)));
    EXPECT_GT(loop.clock().now() - begin, seconds(60));
    changed.threads = 0;
    rig.manager->set_cleaner_options(changed);
    loop.run_for(seconds(1));
    fill(*log, 200, "x");
    loop.run_for(seconds(60));
    EXPECT_EQ(rig.manager->cleaner().rounds, 2u) << "no thread again";
}

// The loop has other work: a cleaner that never rests would not let it come to that.
TEST_F(CleanerTest, without_backoff_it_still_lets_others_run) {
    rig.options.cleaner.backoff_ms = 0;
    start();
    const auto log = open("a");
    fill(*log, 200);
    ASSERT_TRUE(loop.run_until([&] { return rig.manager->cleaner().rounds == 1; }, seconds(600)));
    loop.run_for(seconds(1));
    EXPECT_EQ(rig.manager->cleaner().rounds, 1u);
}

TEST_F(CleanerTest, a_clean_log_waits_for_its_dirty_ratio_or_its_lag) {
    rig.config.min_cleanable_dirty_ratio = 0.9;
    start();
    const auto log = open("a");
    for (int i = 0; i < 100; ++i) put(*log, "unique" + std::to_string(i), "v");
    loop.run_for(seconds(5));
    const uint64_t rounds = rig.manager->cleaner().rounds;
    ASSERT_GE(rounds, 1u);
    fill(*log, 20);
    loop.run_for(seconds(100));
    EXPECT_EQ(rig.manager->cleaner().rounds, rounds);
    EXPECT_GT(rig.manager->cleaner().dirty_ratio_max, 0);
    rig.config.max_compaction_lag_ms = 200'000;
    open("a");
    loop.run_for(seconds(50));
    EXPECT_EQ(rig.manager->cleaner().rounds, rounds);
    loop.run_for(seconds(60));
    EXPECT_GT(rig.manager->cleaner().rounds, rounds);
}

TEST_F(CleanerTest, keeps_to_its_rate) {
    rig.options.cleaner.bytes_per_second = 10'000;
    rig.config.segment_bytes = 100'000;
    start();
    const auto log = open("a");
    for (int i = 0; i < 1500; ++i) put(*log, "k" + std::to_string(i % 7), std::string(100, 'x'));
    const uint64_t size = log->snapshot()->size_bytes();
    const auto begun = loop.clock().now();
    ASSERT_TRUE(loop.run_until([&] { return rig.manager->cleaner().rounds > 0; }, seconds(600)));
    const auto took = std::chrono::duration<double>(loop.clock().now() - begun).count();
    const double bytes = static_cast<double>(size);
    EXPECT_GT(took, bytes / 10'000);
    EXPECT_LT(took, 5 * bytes / 10'000);
    // A stop does not wait for the rate.
    for (int i = 0; i < 1500; ++i) put(*log, "k" + std::to_string(i % 7), std::string(100, 'x'));
    loop.run_for(seconds(1));
    const auto stopping = loop.clock().now();
    ASSERT_TRUE(rig.stop().has_value());
    EXPECT_LT(loop.clock().now() - stopping, seconds(2));
    for (const std::string& name : names("/data/a-0"))
        EXPECT_FALSE(name.ends_with(".cleaned")) << name;
}

TEST_F(CleanerTest, K14_the_policy_is_switched_live) {
    rig.config.cleanup_compact = false;
    rig.config.cleanup_delete = true;
    start();
    const auto log = open("a");
    fill(*log, 200);
    loop.run_for(seconds(5));
    EXPECT_EQ(found(*log).size(), 200u);
    rig.config.cleanup_compact = true;
    rig.config.cleanup_delete = false;
    open("a");
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*log); }, seconds(60)));
    fill(*log, 20, "late");
    rig.config.cleanup_compact = false;
    rig.config.cleanup_delete = true;
    open("a");
    fill(*log, 200, "w");
    loop.run_for(seconds(20));
    EXPECT_GT(found(*log).size(), 200u);
}

TEST_F(CleanerTest, K14_compact_and_delete_together) {
    rig.options.retention_check_interval_ms = 1000;
    rig.config.cleanup_delete = true;
    rig.config.retention_ms = 20'000;
    start();
    const auto log = open("a");
    fill(*log, 200);
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*log); }, seconds(10)));
    EXPECT_EQ(log->snapshot()->log_start_offset, Offset{0});
    loop.run_for(seconds(30));
    EXPECT_EQ(log->snapshot()->log_start_offset, log->snapshot()->end_offset);
    EXPECT_TRUE(found(*log).empty());
    fill(*log, 100, "w");
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*log); }, seconds(10)));
    ASSERT_TRUE(rig.stop().has_value());
    start();
    EXPECT_TRUE(is_compact(*open("a")));
}

TEST_F(CleanerTest, K15_one_bad_log_holds_no_other_up) {
    rig.config.cleanup_compact = false;
    start();
    const auto bad = open("a-bad"), good = open("good");
    for (int i = 0; i < 100; ++i) ASSERT_EQ(append(*bad, make_batch({})).error, ErrorCode::none);
    fill(*bad, 100);
    fill(*good, 100);
    rig.config.cleanup_compact = true;
    open("a-bad");
    open("good");
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*good); }, seconds(60)));
    loop.run_for(seconds(30));
    EXPECT_EQ(rig.manager->cleaner().uncleanable_partitions, 1u);
    EXPECT_EQ(rig.manager->cleaner().failures, 1u) << "not tried again and again";
    EXPECT_EQ(headers_of(read_bytes(*bad->snapshot())).size(), 200u);
    EXPECT_FALSE(bad->offline());
    fill(*good, 100, "w");
    ASSERT_TRUE(loop.run_until([&] { return is_compact(*good); }, seconds(60)));
    for (const std::string& name : names("/data/a-bad-0"))
        EXPECT_FALSE(name.ends_with(".cleaned")) << name;
}

TEST_F(CleanerTest, K16_a_topic_deleted_and_created_again_under_a_round) {
    rig.options.cleaner.bytes_per_second = 20'000;
    rig.config.segment_bytes = 20'000;
    start();
    auto log = open("a");
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 600; ++i)
            put(*log, "k" + std::to_string(i % 7),
                std::string(100, static_cast<char>('a' + round)));
        loop.run_for(milliseconds(400));
        log.reset();
        ASSERT_TRUE(rig.remove(partition_of("a", 0)).has_value());
        log = *rig.log(partition_of("a", 0), id_of(static_cast<uint8_t>(8 + round)));
        EXPECT_EQ(log->snapshot()->end_offset, Offset{0});
        for (const std::string& name : names("/data/a-0"))
            EXPECT_FALSE(name.ends_with(".cleaned") || name.ends_with(".swap")) << name;
        EXPECT_EQ(checkpoint().find("a 0"), std::string::npos);
    }
    fill(*log, 400);
    for (const FoundRecord& record : found(*log)) EXPECT_LT(record.value->size(), 10u);
}

TEST_F(CleanerTest, K16_delete_records_and_truncation_under_a_round) {
    rig.options.cleaner.bytes_per_second = 20'000;
    rig.config.cleanup_delete = true;
    rig.config.segment_bytes = 20'000;
    start();
    const auto log = open("a");
    std::map<std::string, Offset> newest;
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 300; ++i) {
            newest["k" + std::to_string(i % 7)] = log->snapshot()->end_offset;
            put(*log, "k" + std::to_string(i % 7), std::string(100, 'x'));
        }
        loop.run_for(milliseconds(100 + 50 * round));
        const Offset end = log->snapshot()->end_offset;
        if (round % 2 == 0) {
            ASSERT_TRUE(loop.run_until_done(log->advance_log_start(end - 250)).has_value());
            continue;
        }
        log->set_high_watermark(end - 3);
        ASSERT_TRUE(loop.run_until_done(log->truncate_to(end - 3)).has_value());
        for (auto& [key, offset] : newest)
            if (offset >= end - 3) offset = offset - 7;
    }
    rig.options.cleaner.bytes_per_second = 1e9;
    loop.run_for(seconds(300));
    std::map<std::string, Offset> last;
    for (const FoundRecord& record : found(*log)) last[record.key] = record.offset;
    EXPECT_EQ(last, newest);
}

TEST_F(CleanerTest, K13_power_is_lost_while_it_works) {
    rig.options.cleaner.bytes_per_second = 50'000;
    std::map<std::string, Offset> newest;
    size_t compacted = 0;
    for (uint64_t life = 0; life < 15; ++life) {
        start();
        const auto log = open("a");
        ASSERT_FALSE(log->offline()) << life;
        std::map<std::string, Offset> last;
        for (const FoundRecord& record : found(*log)) last[record.key] = record.offset;
        ASSERT_EQ(last, newest) << life;
        compacted += found(*log).size() < life * 100 ? 1 : 0;
        for (int i = 0; i < 100; ++i) {
            newest["k" + std::to_string(i % 11)] = log->snapshot()->end_offset;
            put(*log, "k" + std::to_string(i % 11), std::to_string(life));
        }
        ASSERT_TRUE(loop.run_until_done(log->flush()).has_value());
        loop.run_for(milliseconds(70 * life));
        disk.crash_at(life * 13 % 40);
        loop.run_for(seconds(2));
        crash(rig, life + 1);
    }
    EXPECT_GT(compacted, 5u) << "the crashes came before any exchange";
}

TEST_F(CleanerTest, switched_off_it_does_nothing) {
    rig.options.cleaner.enabled = false;
    start();
    const auto log = open("a");
    fill(*log, 200);
    loop.run_for(seconds(60));
    EXPECT_EQ(found(*log).size(), 200u);
}

}  // namespace
}  // namespace barnabas::storage
