// SPDX-License-Identifier: Apache-2.0
// Loss of power at every disk operation of a start and of commands: what was acknowledged survives,
// a producer id is given once, and the node always starts again.
#include <gtest/gtest.h>

#include <set>

#include "cluster/test/kafka_files.h"
#include "cluster/test/node_rig.h"

namespace barnabas::cluster {
namespace {

// What a process acknowledged.
struct Known {
    std::set<std::string> created;
    std::set<std::string> removed;
    // Asked for, and perhaps done although no answer came.
    std::set<std::string> unsure;
    int64_t producer_ids_end = 0;  // no id below was given twice, and none beyond was given
    int32_t epoch = 0;
};

void small_snapshots(NodeRig& rig) {
    rig.options.bytes_between_snapshots = 1'500;
    rig.options.metadata_segment_bytes = 2'000;
}

// One life of a process, as far as the disk lets it.
void live(NodeRig& rig, Known& known, const std::string& prefix) {
    if (!rig.start().has_value()) return;
    known.epoch = rig.node->image()->epoch.value;
    for (int i = 0; i < 4; ++i) {
        const std::string name = fmt::format("{}{}", prefix, i);
        known.unsure.insert(name);
        if (rig.create(name, 3) == ErrorCode::none) {
            known.created.insert(name);
            known.unsure.erase(name);
        }
    }
    const std::string victim = prefix + "1";
    if (known.created.contains(victim)) {
        known.created.erase(victim);
        known.unsure.insert(victim);
        if (rig.remove(victim) == ErrorCode::none) {
            known.unsure.erase(victim);
            known.removed.insert(victim);
        }
    }
    const auto block = rig.producer_ids();
    if (!block) return;
    EXPECT_GE(block->first.value, known.producer_ids_end);
    known.producer_ids_end = block->first.value + block->count;
}

void check_after_crash(SimDisk& disk, const Known& known) {
    SimLoop loop(99);
    NodeRig rig(loop, disk);
    small_snapshots(rig);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_GT(rig.node->image()->epoch.value, known.epoch);
    for (const std::string& name : known.created) {
        const auto topic = rig.node->image()->topic(name);
        ASSERT_NE(topic, nullptr) << name;
        EXPECT_EQ(topic->partitions.size(), 3u);
        EXPECT_EQ(topic->partitions[0].leader, BrokerId{1});
    }
    for (const std::string& name : known.removed) EXPECT_FALSE(rig.has_topic(name)) << name;
    for (const auto& [name, topic] : rig.node->image()->topics) {
        EXPECT_TRUE(known.created.contains(name) || known.unsure.contains(name)) << name;
        EXPECT_EQ(topic->partitions.size(), 3u) << "half a topic";
    }
    const auto block = rig.producer_ids();
    ASSERT_TRUE(block.has_value());
    EXPECT_GE(block->first.value, known.producer_ids_end);  // X06
    EXPECT_EQ(rig.create("afterwards"), ErrorCode::none);
}

uint64_t operations_of_a_life(const SimDisk& from, Known known) {
    SimLoop loop;
    const auto disk = from.clone();
    NodeRig rig(loop, *disk);
    small_snapshots(rig);
    const uint64_t before = disk->operations();
    const size_t created = known.created.size();
    live(rig, known, "new");
    EXPECT_EQ(known.created.size(), created + 3);
    rig.die();
    return disk->operations() - before;
}

void crash_everywhere(const SimDisk& from, const Known& before, uint64_t seeds) {
    const uint64_t operations = operations_of_a_life(from, before);
    ASSERT_GT(operations, 20u);
    for (uint64_t at = 0; at < operations; ++at) {
        for (uint64_t seed = 1; seed <= seeds; ++seed) {
            SCOPED_TRACE(fmt::format("crash at operation {}, seed {}", at, seed));
            const auto disk = from.clone();
            Known known = before;
            {
                SimLoop loop;
                NodeRig rig(loop, *disk);
                small_snapshots(rig);
                disk->crash_at(at);
                live(rig, known, "new");
            }
            disk->crash(at * 31 + seed);
            check_after_crash(*disk, known);
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(LocalClusterCrash, R26_R27_any_moment_of_the_first_life) {
    const SimDisk empty;
    crash_everywhere(*empty.clone(), Known{}, 3);
}

TEST(LocalClusterCrash, R26_R27_any_moment_of_a_later_life) {
    SimDisk disk;
    Known known;
    {
        SimLoop loop;
        NodeRig rig(loop, disk);
        small_snapshots(rig);
        live(rig, known, "old");
    }
    ASSERT_EQ(known.created.size(), 3u);
    crash_everywhere(disk, known, 3);
}

TEST(LocalClusterCrash, R26_R27_any_moment_of_a_life_after_a_crash) {
    SimDisk disk;
    Known known;
    {
        SimLoop loop;
        NodeRig rig(loop, disk);
        small_snapshots(rig);
        live(rig, known, "old");
        rig.crash(3);
    }
    crash_everywhere(disk, known, 3);
}

// The log on the disk and the image in memory say the same at any time (R25, on real files).
TEST(LocalClusterCrash, R25_the_files_give_the_image) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        SimLoop loop(seed);
        SimDisk disk(seed);
        NodeRig rig(loop, disk);
        small_snapshots(rig);
        ASSERT_TRUE(rig.start().has_value());
        for (int i = 0; i < 60; ++i) {
            const std::string name = fmt::format("t{}", loop.random().below(12));
            if (loop.random().chance(1, 3))
                (void)rig.remove(name);
            else
                (void)rig.create(name, 1 + static_cast<int32_t>(loop.random().below(3)));
            if (!loop.random().chance(1, 6)) continue;
            const auto image = rig.image();
            const int64_t next = rig.node->image()->next_producer_id;
            rig.crash(seed * 100 + static_cast<uint64_t>(i));
            ASSERT_TRUE(rig.open().has_value());
            ASSERT_EQ(rig.image(), image);
            EXPECT_EQ(rig.node->image()->next_producer_id, next);
            ASSERT_TRUE(rig.register_broker().has_value());
        }
    }
}

TEST(LocalClusterCrash, X06_a_thousand_kills_and_no_producer_id_twice) {
    SimDisk disk(4);
    Random random(4);
    int64_t end = 0;
    int blocks = 0, lives = 0;
    for (uint64_t kill = 1; kill <= 1000; ++kill) {
        SimLoop loop(kill);
        NodeRig rig(loop, disk);
        small_snapshots(rig);
        disk.crash_at(random.below(160));
        if (rig.start().has_value()) {
            ++lives;
            for (int i = 0; i < 5; ++i) {
                const auto block = rig.producer_ids();
                if (!block) break;
                ASSERT_GE(block->first.value, end) << "kill " << kill;
                end = block->first.value + block->count;
                ++blocks;
            }
        }
        rig.crash(kill);
    }
    EXPECT_GT(lives, 300);
    EXPECT_GT(blocks, 500);
}

}  // namespace
}  // namespace barnabas::cluster
