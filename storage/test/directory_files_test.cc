// SPDX-License-Identifier: Apache-2.0
// The files of a log directory: Kafka's text forms byte for byte, damage, and crashes at every
// operation that changes the disk.
#include "storage/directory_files.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/sim/sim_disk.h"
#include "storage/partition_metadata.h"

namespace barnabas::storage {
namespace {

const std::string directory = "/data/logs";

Uuid id_of(uint8_t n) {
    Uuid id;
    id.bytes.fill(n);
    return id;
}

TopicPartition partition_of(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex{index}};
}

std::string text_of(Disk& disk, const std::string& path) {
    const auto content = disk.read_file(path, 1 << 20);
    return content ? std::string(as_text(*content)) : "<missing>";
}

void put(Disk& disk, const std::string& path, std::string_view text) {
    ASSERT_TRUE(disk.make_directories(path.substr(0, path.rfind('/'))).has_value());
    ASSERT_TRUE(disk.replace_file(path, as_bytes(text)).has_value());
}

TEST(DirectoryNames, tells_partitions_from_the_rest) {
    EXPECT_EQ(parse_directory_name("a-b-12"), partition_of("a-b", 12));
    EXPECT_EQ(parse_directory_name("a-0"), partition_of("a", 0));
    for (const char* bad :
         {"a", "a-", "-1", "a-01", "a-+1", "a--1x", "a b-1", "a-4294967296", "..-1"})
        EXPECT_EQ(parse_directory_name(bad), std::nullopt) << bad;
    EXPECT_EQ(parse_directory_name("a--1"), partition_of("a-", 1));
    EXPECT_EQ(kind_of_directory("a-1"), DirectoryKind::partition);
    EXPECT_EQ(kind_of_directory("__cluster_metadata-0"), DirectoryKind::metadata);
    EXPECT_EQ(kind_of_directory("a-1.00ff-delete"), DirectoryKind::deleted);
    EXPECT_EQ(kind_of_directory("a-1.00ff-stray"), DirectoryKind::stray);
    EXPECT_EQ(kind_of_directory("a-1.00ff-future"), DirectoryKind::future);
    EXPECT_EQ(kind_of_directory("lost+found"), DirectoryKind::other);
    // A topic may be called so; its directory still ends with a number.
    EXPECT_EQ(kind_of_directory("x-delete-0"), DirectoryKind::partition);
}

TEST(DirectoryNames, names_aside_fit_the_file_system) {
    EXPECT_EQ(aside_name(partition_of("gone", 1), id_of(0xc4), "delete"),
              "gone-1.c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4-delete");
    const TopicPartition longest = partition_of(std::string(249, 'x'), 2147483647);
    for (const char* suffix : {"delete", "stray"}) {
        const std::string name = aside_name(longest, id_of(1), suffix);
        EXPECT_EQ(name.size(), directory_name_size_max);
        EXPECT_TRUE(name.ends_with(suffix));
    }
}

TEST(CheckpointFile, writes_what_kafka_writes) {
    const CheckpointEntries entries{{partition_of("alpha", 2), Offset{0}},
                                    {partition_of("alpha", 1), Offset{5}}};
    EXPECT_EQ(format_checkpoint(entries), "0\n2\nalpha 1 5\nalpha 2 0\n");
    EXPECT_EQ(format_checkpoint({}), "0\n0\n");
    EXPECT_EQ(parse_checkpoint("0\n2\nalpha 2 0\nalpha 1 5\n"), entries);
    EXPECT_EQ(parse_checkpoint("0\n0\n"), CheckpointEntries{});
    EXPECT_EQ(parse_checkpoint(""), CheckpointEntries{}) << "Kafka creates it empty";
}

TEST(CheckpointFile, L15_every_cut_is_seen) {
    const std::string whole = "0\n2\nalpha 1 5\nbeta 22 1234567\n";
    for (size_t size = 1; size < whole.size(); ++size)
        EXPECT_FALSE(parse_checkpoint(whole.substr(0, size)).has_value()) << size;
    for (const char* bad :
         {"1\n0\n", "0\nx\n", "0\n-1\n", "0\n1\n", "0\n1\na 1 -5\n", "0\n1\na -1 5\n",
          "0\n1\na 1\n", "0\n1\na 1 5 5\n", "0\n1\na 1 9999999999999999999\n",
          "0\n2\na 1 5\na 1 6\n", "0\n1\na 1 5\n\n", "0\n1\n 1 5\n", "\n\n\n"})
        EXPECT_FALSE(parse_checkpoint(bad).has_value()) << bad;
}

TEST(CheckpointFile, L15_a_damaged_one_reads_as_empty) {
    SimDisk disk;
    const std::string path = directory + "/" + recovery_point_checkpoint;
    put(disk, path, "0\n1\nalpha 1");
    EXPECT_EQ(read_checkpoint(disk, path), CheckpointEntries{});
    EXPECT_EQ(read_checkpoint(disk, path + ".none"), CheckpointEntries{});
    disk.fail({.op = DiskOp::read, .sticky = true});
    EXPECT_EQ(read_checkpoint(disk, path).error().os_error, EIO) << "not the same as damaged";
}

TEST(CheckpointFile, L15_crash_while_writing_leaves_old_or_new) {
    const CheckpointEntries before{{partition_of("a", 0), Offset{1}}};
    const CheckpointEntries after{{partition_of("a", 0), Offset{1000}},
                                  {partition_of("b", 0), Offset{7}}};
    const std::string path = directory + "/" + log_start_checkpoint;
    size_t olds = 0;
    size_t news = 0;
    for (uint64_t at = 0; at < 8; ++at) {
        for (uint64_t seed = 1; seed <= 8; ++seed) {
            SimDisk disk(seed);
            ASSERT_TRUE(disk.make_directories(directory).has_value());
            ASSERT_TRUE(disk.sync_directory("/data").has_value());
            ASSERT_TRUE(disk.sync_directory("/").has_value());
            ASSERT_TRUE(write_checkpoint(disk, path, before).has_value());
            disk.crash_at(at);
            const bool done = write_checkpoint(disk, path, after).has_value();
            disk.crash(seed);
            const auto content = disk.read_file(path, 1 << 20);
            ASSERT_TRUE(content.has_value());
            const auto found = parse_checkpoint(as_text(*content));
            ASSERT_TRUE(found.has_value()) << "torn at " << at;
            ASSERT_TRUE(*found == after || (*found == before && !done)) << at;
            ++(*found == after ? news : olds);
        }
    }
    EXPECT_GT(olds, 0u);
    EXPECT_GT(news, 0u);
}

TEST(MetaProperties, reads_kafkas_file_and_its_own) {
    const auto kafkas = parse_meta_properties(
        "#\n#Sat Nov 21 12:15:29 UTC 2026\nnode.id=1\ndirectory.id=Iy88N6TSTEGWpZ4_EmlSNA\n"
        "version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n");
    ASSERT_TRUE(kafkas.has_value());
    EXPECT_EQ(kafkas->cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
    EXPECT_EQ(kafkas->node_id, BrokerId{1});
    EXPECT_EQ(kafkas->directory_id.str(), "Iy88N6TSTEGWpZ4_EmlSNA");
    EXPECT_EQ(parse_meta_properties(format_meta_properties(*kafkas)), *kafkas);
    MetaProperties odd = *kafkas;
    odd.cluster_id = "a=b: #!c\\d";
    EXPECT_EQ(parse_meta_properties(format_meta_properties(odd)), odd);
}

TEST(MetaProperties, understands_javas_syntax) {
    const auto found = parse_properties(
        "! remark\r\n  a : 1\r\nb\t2\nc=x\\\n   y\\\n z\nd\\=e=\\u0041\\tq\n\nlast=\\\\\nempty\n");
    EXPECT_EQ(found.at("a"), "1");
    EXPECT_EQ(found.at("b"), "2");
    EXPECT_EQ(found.at("c"), "xyz");
    EXPECT_EQ(found.at("d=e"), "A\tq");
    EXPECT_EQ(found.at("last"), "\\");
    EXPECT_EQ(found.at("empty"), "");
    EXPECT_EQ(found.size(), 6u);
}

TEST(MetaProperties, refuses_what_it_cannot_trust) {
    for (const char* bad :
         {"", "version=0\nbroker.id=1\n", "version=1\nnode.id=1\n", "version=1\ncluster.id=x\n",
          "version=1\ncluster.id=x\nnode.id=-1\n", "version=1\ncluster.id=x\nnode.id=1z\n",
          "version=1\ncluster.id=x\nnode.id=1\ndirectory.id=short\n"})
        EXPECT_FALSE(parse_meta_properties(bad).has_value()) << bad;
    const auto old = parse_meta_properties("version=1\ncluster.id=x\nnode.id=3\n");
    ASSERT_TRUE(old.has_value());
    EXPECT_TRUE(old->directory_id.is_zero());
}

TEST(PartitionMetadata, is_kafkas_file) {
    const auto id = Uuid::parse("sz61KzFoSQaVFW7LFPQ1_A");
    ASSERT_TRUE(id.has_value());
    const std::string text = "version: 0\ntopic_id: sz61KzFoSQaVFW7LFPQ1_A";
    EXPECT_EQ(format_partition_metadata(*id), text);
    EXPECT_EQ(parse_partition_metadata(text), *id);
    EXPECT_EQ(parse_partition_metadata(text + "\n"), *id);
    for (size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_partition_metadata(text.substr(0, size)).has_value()) << size;
    SimDisk disk;
    const auto missing = read_partition_metadata(disk, "/none");
    ASSERT_TRUE(missing.has_value());
    EXPECT_FALSE(missing->has_value());
}

TEST(CleanShutdown, is_kafkas_file) {
    EXPECT_EQ(format_clean_shutdown({.broker_epoch = 13}), R"({"version":0,"brokerEpoch":13})");
    EXPECT_EQ(parse_clean_shutdown(R"({"version":0,"brokerEpoch":13})").broker_epoch, 13);
    for (const char* odd : {"", "{", "[]", R"({"version":0})", R"({"brokerEpoch":"x"})"})
        EXPECT_EQ(parse_clean_shutdown(odd).broker_epoch, -1) << odd;
}

struct Opened {
    explicit Opened(SimDisk& disk) : files(disk, directory) {
        const auto opened = files.open();
        EXPECT_TRUE(opened.has_value()) << opened.error().where;
    }
    DirectoryFiles files;
};

TEST(DirectoryFiles, L10_a_new_directory_and_partition_survive_a_crash) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        SimDisk disk(seed);
        {
            Opened opened(disk);
            const MetaProperties mine{
                .cluster_id = "c", .node_id = BrokerId{1}, .directory_id = id_of(9)};
            ASSERT_TRUE(opened.files.format(mine).has_value());
            ASSERT_TRUE(
                make_partition(disk, directory, partition_of("a", 0), id_of(7)).has_value());
            ASSERT_TRUE(sync_partition(disk, directory, partition_of("a", 0)).has_value());
        }
        disk.crash(seed);
        Opened again(disk);
        ASSERT_TRUE(again.files.meta_properties().has_value());
        EXPECT_EQ(again.files.meta_properties()->directory_id, id_of(9));
        const auto found = again.files.scan();
        ASSERT_TRUE(found.has_value());
        ASSERT_EQ(found->size(), 1u);
        EXPECT_EQ(found->front().topic_partition, partition_of("a", 0));
        EXPECT_EQ(found->front().topic_id, id_of(7));
    }
}

TEST(DirectoryFiles, L22_a_second_process_is_refused) {
    SimDisk disk;
    Opened first(disk);
    DirectoryFiles second(disk, directory);
    const auto refused = second.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().os_error, EWOULDBLOCK);
    first.files.unlock();
    EXPECT_TRUE(second.open().has_value());
}

TEST(DirectoryFiles, L07_the_marker_is_gone_for_good_before_the_first_write) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        SimDisk disk(seed);
        {
            Opened opened(disk);
            ASSERT_TRUE(opened.files.finish_cleanly({.broker_epoch = 5}).has_value());
        }
        disk.crash(seed);
        {
            Opened opened(disk);
            ASSERT_TRUE(opened.files.clean_shutdown().has_value());
            EXPECT_EQ(opened.files.clean_shutdown()->broker_epoch, 5);
            ASSERT_TRUE(opened.files.begin_writing().has_value());
        }
        disk.crash(seed);
        Opened opened(disk);
        EXPECT_FALSE(opened.files.clean_shutdown().has_value());
    }
}

TEST(DirectoryFiles, scan_knows_what_each_directory_is) {
    SimDisk disk;
    put(disk, directory + "/recovery-point-offset-checkpoint", "0\n1\na 0 10\n");
    put(disk, directory + "/log-start-offset-checkpoint", "0\n1\na 0 3\n");
    put(disk, directory + "/replication-offset-checkpoint", "0\n1\na 0 8\n");
    put(disk, directory + "/a-0/partition.metadata", format_partition_metadata(id_of(7)));
    put(disk, directory + "/b-1/partition.metadata", "garbage");
    for (const char* name : {"c-2", "__cluster_metadata-0", "d-0.00-delete", "lost+found"})
        ASSERT_TRUE(disk.make_directories(directory + "/" + name).has_value());
    Opened opened(disk);
    const auto found = opened.files.scan();
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 6u);
    const FoundDirectory& a = found->at(1);
    EXPECT_EQ(a.name, "a-0");
    EXPECT_EQ(a.topic_id, id_of(7));
    EXPECT_EQ(a.offsets.recovery_point, Offset{10});
    EXPECT_EQ(a.offsets.log_start_offset, Offset{3});
    EXPECT_EQ(a.offsets.high_watermark, Offset{8});
    EXPECT_TRUE(found->at(2).error.has_value()) << "b-1";
    EXPECT_TRUE(found->at(3).topic_id.is_zero()) << "c-2";
    EXPECT_EQ(found->at(4).kind, DirectoryKind::deleted);
    EXPECT_EQ(found->at(5).kind, DirectoryKind::other);
    EXPECT_EQ(found->at(0).kind, DirectoryKind::metadata);
}

TEST(DirectoryFiles, checkpoints_are_written_only_when_they_change) {
    SimDisk disk;
    Opened opened(disk);
    const CheckpointEntries points{{partition_of("a", 0), Offset{5}}};
    ASSERT_TRUE(opened.files.write_checkpoints(points, {}, false).has_value());
    const uint64_t operations = disk.operations();
    ASSERT_TRUE(opened.files.write_checkpoints(points, {}, false).has_value());
    EXPECT_EQ(disk.operations(), operations);
    EXPECT_EQ(text_of(disk, directory + "/recovery-point-offset-checkpoint"), "0\n1\na 0 5\n");
    const CheckpointEntries others{{partition_of("b", 0), Offset{6}}};
    ASSERT_TRUE(opened.files.write_checkpoints(others, {}, true).has_value());
    EXPECT_EQ(text_of(disk, directory + "/recovery-point-offset-checkpoint"),
              "0\n2\na 0 5\nb 0 6\n");
    ASSERT_TRUE(opened.files.write_checkpoints(others, {}, false).has_value());
    EXPECT_EQ(text_of(disk, directory + "/recovery-point-offset-checkpoint"), "0\n1\nb 0 6\n");
}

TEST(DirectoryFiles, recovery_point_is_lowered_durably_and_never_raised) {
    SimDisk disk;
    const TopicPartition a = partition_of("a", 0);
    {
        Opened opened(disk);
        ASSERT_TRUE(opened.files.write_checkpoints({{a, Offset{50}}}, {}, false).has_value());
        ASSERT_TRUE(opened.files.lower_recovery_point(a, Offset{70}).has_value());
        EXPECT_EQ(opened.files.checkpointed(a).recovery_point, Offset{50});
        ASSERT_TRUE(opened.files.lower_recovery_point(a, Offset{20}).has_value());
    }
    disk.crash(3);
    Opened again(disk);
    EXPECT_EQ(again.files.checkpointed(a).recovery_point, Offset{20});
}

TEST(DirectoryFiles, L24_a_new_log_inherits_nothing_of_an_old_one) {
    SimDisk disk;
    const TopicPartition a = partition_of("a", 0);
    const CheckpointEntries old{{a, Offset{50}}, {partition_of("b", 0), Offset{4}}};
    {
        Opened opened(disk);
        ASSERT_TRUE(opened.files.write_checkpoints(old, old, false).has_value());
        ASSERT_TRUE(opened.files.write_high_watermarks(old, false).has_value());
        ASSERT_TRUE(opened.files.forget(a).has_value());
    }
    disk.crash(4);
    Opened again(disk);
    EXPECT_EQ(again.files.checkpointed(a).recovery_point, Offset{0});
    EXPECT_EQ(again.files.checkpointed(a).log_start_offset, Offset{0});
    EXPECT_EQ(again.files.checkpointed(a).high_watermark, std::nullopt);
    EXPECT_EQ(again.files.checkpointed(partition_of("b", 0)).high_watermark, Offset{4});
}

TEST(DirectoryFiles, L13_a_formatted_directory_opens_without_space) {
    SimDisk disk;
    const MetaProperties mine{.cluster_id = "c", .node_id = BrokerId{1}, .directory_id = id_of(9)};
    {
        Opened opened(disk);
        ASSERT_TRUE(opened.files.format(mine).has_value());
        ASSERT_TRUE(make_partition(disk, directory, partition_of("a", 0), id_of(7)).has_value());
        ASSERT_TRUE(sync_partition(disk, directory, partition_of("a", 0)).has_value());
        ASSERT_TRUE(opened.files.finish_cleanly({}).has_value());
    }
    disk.set_capacity(0);
    Opened again(disk);
    EXPECT_TRUE(again.files.begin_writing().has_value());
    EXPECT_TRUE(make_partition(disk, directory, partition_of("a", 0), id_of(7)).has_value());
    const auto moved =
        move_partition_aside(disk, directory, partition_of("a", 0), id_of(3), "delete");
    ASSERT_TRUE(moved.has_value());
    EXPECT_TRUE(disk.remove_tree(*moved).has_value());
}

}  // namespace
}  // namespace barnabas::storage
