// SPDX-License-Identifier: Apache-2.0
// Loss of power at every operation of a process's life: start, writes, checkpoints, removal, stop.
// After each, the next start serves every acknowledged record and nothing that was never written.
#include <gtest/gtest.h>

#include <map>

#include "storage/test/manager_rig.h"

namespace barnabas::storage {
namespace {

using std::chrono::seconds;

const TopicPartition crash_a0{"a", PartitionIndex{0}};
const TopicPartition crash_b0{"b", PartitionIndex{0}};

// A directory with two logs, stopped cleanly or not, whose records are all durable.
std::unique_ptr<SimDisk> prepared_disk(bool cleanly) {
    SimLoop loop;
    auto disk = std::make_unique<SimDisk>(1);
    ManagerRig rig(loop, *disk);
    rig.config.flush_messages = 1;
    EXPECT_TRUE(rig.start().has_value());
    const auto a = rig.log(crash_a0, id_of(7));
    const auto b = rig.log(crash_b0, id_of(8));
    for (uint8_t value = 1; value <= 3; ++value) {
        EXPECT_EQ(rig.append(**a, value).error, ErrorCode::none);
        EXPECT_EQ(rig.append(**b, value).error, ErrorCode::none);
    }
    if (cleanly) {
        EXPECT_TRUE(rig.stop().has_value());
    } else {
        crash(rig, 77);
    }
    return disk;
}

// What a process acknowledged before the lights went out.
struct Acknowledged {
    std::vector<uint8_t> a{1, 2, 3};
    std::vector<uint8_t> b{1, 2, 3};
    bool b_removed = false;
    bool b_remove_began = false;
};

// One life of a process. Goes as far as the disk lets it.
void live(ManagerRig& rig, Acknowledged& known) {
    if (!rig.start().has_value()) return;
    rig.manager->start_background();
    const auto a = rig.log(crash_a0, id_of(7));
    const auto b = rig.log(crash_b0, id_of(8));
    for (uint8_t value = 4; value <= 6; ++value) {
        if (a && rig.append(**a, value).error == ErrorCode::none) known.a.push_back(value);
        if (b && rig.append(**b, value).error == ErrorCode::none) known.b.push_back(value);
    }
    rig.loop.run_for(seconds(7));  // checkpoints of high watermarks
    known.b_remove_began = b.has_value();
    if (b) known.b_removed = rig.remove(crash_b0).has_value();
    (void)rig.log(partition_of("c", 0), id_of(9));
    (void)rig.stop();
}

// `found` begins with `acknowledged` and goes on, at most, with what was tried after it.
bool holds(const std::vector<uint8_t>& found, const std::vector<uint8_t>& acknowledged) {
    if (found.size() < acknowledged.size() || found.size() > 6) return false;
    for (size_t i = 0; i < found.size(); ++i) {
        if (found[i] != i + 1) return false;
    }
    return true;
}

void check_after_crash(SimDisk& disk, const Acknowledged& known) {
    SimLoop loop;
    ManagerRig rig(loop, disk);
    rig.config.flush_messages = 1;
    ASSERT_TRUE(rig.start().has_value());
    const auto a = rig.manager->find(crash_a0);
    ASSERT_NE(a, nullptr);
    ASSERT_FALSE(a->offline());
    const auto values = values_in(disk, "/data/a-0");
    EXPECT_TRUE(holds(values, known.a));
    EXPECT_EQ(a->snapshot()->end_offset, Offset{static_cast<int64_t>(values.size())});
    EXPECT_LE(a->checkpointed_high_watermark(), a->snapshot()->end_offset);
    const auto b = rig.manager->find(crash_b0);
    if (known.b_removed) EXPECT_EQ(b, nullptr);
    if (!known.b_remove_began) ASSERT_NE(b, nullptr);
    if (b != nullptr) EXPECT_TRUE(holds(values_in(disk, "/data/b-0"), known.b));
    EXPECT_EQ(rig.append(*a, 9).error, ErrorCode::none);
    EXPECT_TRUE(rig.log(partition_of("d", 0), id_of(4)).has_value());
    EXPECT_TRUE(rig.stop().has_value());
}

uint64_t operations_of_a_life(const SimDisk& from) {
    SimLoop loop;
    const auto disk = from.clone();
    ManagerRig rig(loop, *disk);
    rig.config.flush_messages = 1;
    const uint64_t before = disk->operations();
    Acknowledged known;
    live(rig, known);
    EXPECT_EQ(known.a.size(), 6u);
    EXPECT_TRUE(known.b_removed);
    return disk->operations() - before;
}

void crash_everywhere(bool cleanly) {
    const auto from = prepared_disk(cleanly);
    const uint64_t operations = operations_of_a_life(*from);
    ASSERT_GT(operations, 30u);
    for (uint64_t at = 0; at < operations; ++at) {
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            SCOPED_TRACE("crash at operation " + std::to_string(at) + ", seed " +
                         std::to_string(seed));
            const auto disk = from->clone();
            Acknowledged known;
            {
                SimLoop loop;
                ManagerRig rig(loop, *disk);
                rig.config.flush_messages = 1;
                disk->crash_at(at);
                live(rig, known);
            }
            disk->crash(at * 31 + seed);
            check_after_crash(*disk, known);
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(LogManagerCrash, L07_L10_L15_any_moment_after_a_clean_stop) {
    crash_everywhere(true);
}

TEST(LogManagerCrash, L07_L08_L10_L15_any_moment_after_a_crash) {
    crash_everywhere(false);
}

// The first start of all: no state is needed from before, and none of it may get in the way.
TEST(LogManagerCrash, any_moment_of_formatting) {
    for (uint64_t at = 0; at < 500; ++at) {
        SimDisk disk(at + 1);
        SimLoop loop;
        ManagerRig rig(loop, disk);
        disk.crash_at(at);
        if (rig.start().has_value()) (void)rig.log(crash_a0, id_of(7));
        rig.die();
        const bool crashed = disk.has_crashed();
        disk.crash(at);
        ASSERT_TRUE(rig.start().has_value()) << at;
        ASSERT_TRUE(rig.log(crash_a0, id_of(7)).has_value()) << at;
        ASSERT_TRUE(rig.stop().has_value());
        if (!crashed) return;
    }
    FAIL() << "formatting never ended";
}

// The marker is a promise that no log needs a scan: whenever it is found, all acknowledged and even
// all written records are there without one.
TEST(LogManagerCrash, L07_the_marker_never_lies) {
    const auto from = prepared_disk(true);
    const uint64_t operations = operations_of_a_life(*from);
    size_t seen = 0;
    for (uint64_t at = 0; at <= operations; ++at) {
        const auto disk = from->clone();
        Acknowledged known;
        {
            SimLoop loop;
            ManagerRig rig(loop, *disk);
            rig.config.flush_messages = 1;
            disk->crash_at(at);
            live(rig, known);
        }
        disk->crash(at, CrashStyle::lose_all);
        const auto marker = disk->exists("/data/.kafka_cleanshutdown");
        ASSERT_TRUE(marker.has_value());
        if (!*marker) continue;
        ++seen;
        const size_t count = values_in(*disk, "/data/a-0").size();
        EXPECT_EQ(count, known.a.size()) << "crash at " << at;
        const auto size = disk->read_file("/data/a-0/00000000000000000000.log", 1 << 20);
        ASSERT_TRUE(size.has_value());
        EXPECT_EQ(size->size(), count * batch_of(0).size()) << "no torn tail under a marker";
    }
    EXPECT_GT(seen, 1u);
}

// What was durable up to offset 6 is cut at 3 and written anew without fsync: a recovery point of 6
// that outlived it would make the new, torn end look like damage.
void truncate_and_write(ManagerRig& rig) {
    rig.options.flush_offset_checkpoint_interval_ms = 1'000;
    if (!rig.start().has_value()) return;
    rig.manager->start_background();
    const auto log = rig.log(crash_a0, id_of(7));
    if (!log) return;
    for (uint8_t value = 4; value <= 6; ++value) (void)rig.append(**log, value);
    (void)rig.loop.run_until_done((*log)->flush());
    rig.loop.run_for(seconds(3));
    const auto truncated = rig.loop.run_until_done((*log)->truncate_to(Offset{3}));
    if (!truncated) return;
    for (uint8_t value = 7; value <= 9; ++value) (void)rig.append(**log, value);
}

TEST(LogManagerCrash, L02_L07_truncated_logs_are_never_taken_for_damaged) {
    const auto from = prepared_disk(true);
    size_t rewritten = 0;
    for (uint64_t at = 0; at < 60; ++at) {
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            SCOPED_TRACE("crash at operation " + std::to_string(at));
            const auto disk = from->clone();
            {
                SimLoop loop;
                ManagerRig rig(loop, *disk);
                disk->crash_at(at);
                truncate_and_write(rig);
                disk->crash_at(0);  // before an orderly end, if it came so far
            }
            disk->crash(at * 31 + seed);
            SimLoop loop;
            ManagerRig rig(loop, *disk);
            ASSERT_TRUE(rig.start().has_value());
            const auto log = rig.manager->find(crash_a0);
            ASSERT_NE(log, nullptr);
            ASSERT_FALSE(log->offline());
            const auto values = values_in(*disk, "/data/a-0");
            ASSERT_GE(values.size(), 3u);
            for (size_t i = 0; i < 3; ++i) ASSERT_EQ(values[i], i + 1);
            rewritten += values.size() > 3 && values[3] == 7;
        }
    }
    EXPECT_GT(rewritten, 0u);
}

// All checkpoints say something of log a.
std::unique_ptr<SimDisk> disk_with_checkpoints() {
    SimLoop loop;
    auto disk = prepared_disk(true);
    ManagerRig rig(loop, *disk);
    rig.config.flush_messages = 1;
    EXPECT_TRUE(rig.start().has_value());
    const auto log = rig.manager->find(crash_a0);
    log->set_high_watermark(Offset{3});
    EXPECT_TRUE(loop.run_until_done(log->advance_log_start(Offset{1})).has_value());
    EXPECT_TRUE(rig.stop().has_value());
    const std::string cleaned = "0\n1\na 0 2\n";
    EXPECT_TRUE(disk->replace_file("/data/cleaner-offset-checkpoint", as_bytes(cleaned)));
    return disk;
}

TEST(LogManagerCrash, L15_checkpoints_cut_at_every_byte) {
    const auto from = disk_with_checkpoints();
    for (const char* name :
         {"recovery-point-offset-checkpoint", "replication-offset-checkpoint",
          "log-start-offset-checkpoint", "cleaner-offset-checkpoint", ".kafka_cleanshutdown"}) {
        const std::string path = std::string("/data/") + name;
        const auto whole = from->read_file(path, 1 << 20).value_or(std::vector<uint8_t>{});
        const std::string says = name[0] == '.' ? "version" : "a 0 ";
        ASSERT_NE(as_text(whole).find(says), std::string_view::npos) << name;
        for (size_t size = 0; size <= whole.size(); ++size) {
            SCOPED_TRACE(path + " cut to " + std::to_string(size));
            const auto disk = from->clone();
            const Bytes part = Bytes(whole).first(size);
            ASSERT_TRUE(disk->replace_file(path, part).has_value());
            check_after_crash(*disk, Acknowledged{});
        }
    }
}

}  // namespace
}  // namespace barnabas::storage
