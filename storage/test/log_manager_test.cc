// SPDX-License-Identifier: Apache-2.0
// The log manager on simulated disks and lanes: formatting, starting and stopping, creating and
// removing logs, several directories of which one fails.
#include "storage/log_manager.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <chrono>

#include "storage/directory_queue.h"
#include "storage/test/manager_rig.h"

namespace barnabas::storage {
namespace {

using std::chrono::seconds;

const TopicPartition a0{"a", PartitionIndex{0}};
const TopicPartition b0{"b", PartitionIndex{0}};

std::string text_of(Disk& disk, const std::string& path) {
    const auto content = disk.read_file(path, 1 << 20);
    return content ? std::string(as_text(*content)) : "<missing>";
}

std::vector<std::string> names_in(Disk& disk, const std::string& directory) {
    std::vector<std::string> names;
    const auto entries = disk.list(directory);
    EXPECT_TRUE(entries.has_value());
    if (!entries) return names;
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    return names;
}

size_t count_suffix(Disk& disk, const std::string& directory, std::string_view suffix) {
    size_t count = 0;
    for (const std::string& name : names_in(disk, directory)) count += name.ends_with(suffix);
    return count;
}

struct LogManagerTest : testing::Test {
    std::shared_ptr<LogHandle> must_open(const TopicPartition& of, const Uuid& id) {
        const auto opened = rig.log(of, id);
        EXPECT_TRUE(opened.has_value()) << opened.error().where;
        return opened ? *opened : nullptr;
    }
    void must_append(LogHandle& handle, uint8_t value) {
        EXPECT_EQ(rig.append(handle, value).error, ErrorCode::none);
    }

    SimLoop loop;
    SimDisk disk;
    ManagerRig rig{loop, disk};
};

TEST_F(LogManagerTest, formats_an_empty_directory_as_kafka_does) {
    rig.options.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg";
    ASSERT_TRUE(rig.start().has_value());
    const auto& mine = rig.manager->meta_properties();
    EXPECT_EQ(mine.cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
    EXPECT_EQ(text_of(disk, "/data/meta.properties"),
              "#\nnode.id=1\ndirectory.id=" + mine.directory_id.str() +
                  "\nversion=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n");
    EXPECT_EQ(rig.manager->metadata_directory(), "/data/__cluster_metadata-0");
    EXPECT_EQ(text_of(disk, "/data/__cluster_metadata-0/partition.metadata"),
              "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
    EXPECT_TRUE(rig.stop().has_value());
    EXPECT_EQ(names_in(disk, "/data"),
              (std::vector<std::string>{".kafka_cleanshutdown", ".lock", "__cluster_metadata-0",
                                        "meta.properties"}));
}

TEST_F(LogManagerTest, makes_up_a_cluster_id_and_keeps_it) {
    ASSERT_TRUE(rig.start().has_value());
    const std::string made = rig.manager->meta_properties().cluster_id;
    EXPECT_EQ(made.size(), 22u);
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->meta_properties().cluster_id, made);
}

TEST_F(LogManagerTest, keeps_logs_over_a_clean_restart) {
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->previous_broker_epoch(), -1);
    rig.manager->set_broker_epoch(13);
    const auto log = must_open(a0, id_of(7));
    for (uint8_t value = 1; value <= 3; ++value) must_append(*log, value);
    log->set_high_watermark(Offset{2});
    EXPECT_EQ(text_of(disk, "/data/.kafka_cleanshutdown"), "<missing>");
    ASSERT_TRUE(rig.stop().has_value());
    EXPECT_EQ(text_of(disk, "/data/.kafka_cleanshutdown"), R"({"version":0,"brokerEpoch":13})");
    EXPECT_EQ(text_of(disk, "/data/recovery-point-offset-checkpoint"), "0\n1\na 0 3\n");
    EXPECT_EQ(text_of(disk, "/data/replication-offset-checkpoint"), "0\n1\na 0 2\n");

    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(text_of(disk, "/data/.kafka_cleanshutdown"), "<missing>");
    EXPECT_EQ(rig.manager->previous_broker_epoch(), 13);
    const auto again = rig.manager->find(a0);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->topic_id(), id_of(7));
    EXPECT_EQ(again->snapshot()->end_offset, Offset{3});
    EXPECT_EQ(again->checkpointed_high_watermark(), Offset{2});
    EXPECT_EQ(must_open(a0, id_of(7)), again);
    EXPECT_EQ(rig.append(*again, 4).base_offset, Offset{3});
}

TEST_F(LogManagerTest, L19_high_watermark_is_clipped_to_the_log) {
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(7));
    must_append(*log, 1);
    log->set_high_watermark(Offset{99});
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->find(a0)->checkpointed_high_watermark(), Offset{1});
}

TEST_F(LogManagerTest, L19_high_watermark_is_not_below_the_start_and_may_be_missing) {
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(7));
    for (uint8_t value = 1; value <= 5; ++value) must_append(*log, value);
    log->set_high_watermark(Offset{1});
    ASSERT_TRUE(loop.run_until_done(log->advance_log_start(Offset{2})).has_value());
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_EQ(text_of(disk, "/data/replication-offset-checkpoint"), "0\n1\na 0 1\n");
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->find(a0)->checkpointed_high_watermark(), Offset{2});
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(disk.remove("/data/replication-offset-checkpoint").has_value());
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->find(a0)->checkpointed_high_watermark(), Offset{2});
    EXPECT_EQ(rig.manager->find(a0)->snapshot()->end_offset, Offset{5});
}

TEST_F(LogManagerTest, L22_a_second_process_is_refused) {
    ASSERT_TRUE(rig.start().has_value());
    ManagerRig second(loop, disk);
    const auto refused = second.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kafka_storage_error);
    EXPECT_STREQ(refused.error().where, "another process uses the log directory");
    ASSERT_TRUE(rig.stop().has_value());
    EXPECT_TRUE(second.open().has_value());
}

TEST_F(LogManagerTest, refuses_directories_of_another_node_or_cluster) {
    rig.options.cluster_id = "one";
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_TRUE(rig.stop().has_value());
    const auto before = disk.contents();
    rig.options.cluster_id = "two";
    EXPECT_EQ(rig.open().error().code, ErrorCode::inconsistent_cluster_id);
    rig.options.cluster_id = "one";
    rig.options.node_id = BrokerId{2};
    EXPECT_EQ(rig.open().error().code, ErrorCode::inconsistent_cluster_id);
    EXPECT_EQ(disk.contents(), before) << "nothing is touched, the marker neither";
    rig.options.node_id = BrokerId{1};
    EXPECT_TRUE(rig.start().has_value());
}

TEST_F(LogManagerTest, refuses_a_damaged_meta_properties) {
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(disk.replace_file("/data/meta.properties", as_bytes("version=1\n")).has_value());
    EXPECT_FALSE(rig.open().has_value());
}

TEST_F(LogManagerTest, formats_a_directory_that_is_added_later) {
    ASSERT_TRUE(rig.start().has_value());
    const std::string cluster = rig.manager->meta_properties().cluster_id;
    ASSERT_TRUE(rig.stop().has_value());
    rig.options.log_dirs.push_back("/more");
    ASSERT_TRUE(rig.start().has_value());
    const auto added = parse_meta_properties(text_of(disk, "/more/meta.properties"));
    ASSERT_TRUE(added.has_value());
    EXPECT_EQ(added->cluster_id, cluster);
    const auto directories = rig.manager->directories();
    ASSERT_EQ(directories.size(), 2u);
    EXPECT_EQ(directories[1].directory_id, added->directory_id);
    EXPECT_NE(directories[0].directory_id, directories[1].directory_id);
}

TEST_F(LogManagerTest, spreads_new_partitions_over_directories) {
    rig.options.log_dirs = {"/d1", "/d2", "/d3"};
    ASSERT_TRUE(rig.start().has_value());
    for (int32_t i = 0; i < 9; ++i) must_open(partition_of("a", i), id_of(7));
    for (const auto& directory : rig.manager->directories()) EXPECT_EQ(directory.partitions, 3u);
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.start().has_value());
    for (const auto& directory : rig.manager->directories()) EXPECT_EQ(directory.partitions, 3u);
    for (int32_t i = 0; i < 9; ++i) EXPECT_NE(rig.manager->find(partition_of("a", i)), nullptr);
}

TEST_F(LogManagerTest, spreads_partitions_that_are_made_at_the_same_time) {
    rig.options.log_dirs = {"/d1", "/d2"};
    ASSERT_TRUE(rig.start().has_value());
    size_t made = 0;
    for (int32_t i = 0; i < 8; ++i)
        boost::asio::co_spawn(
            loop.executor(),
            rig.manager->open_or_create(partition_of("a", i), id_of(7), rig.config),
            [&made](const std::exception_ptr& escaped, const auto& log) {
                EXPECT_EQ(escaped, nullptr);
                made += log.has_value() ? 1 : 0;
            });
    ASSERT_TRUE(loop.run_until([&] { return made == 8; }, seconds(10)));
    for (const auto& directory : rig.manager->directories()) EXPECT_EQ(directory.partitions, 4u);
}

TEST_F(LogManagerTest, L24_unwanted_partitions_become_strays) {
    ASSERT_TRUE(rig.start().has_value());
    must_append(*must_open(a0, id_of(7)), 1);
    must_append(*must_open(b0, id_of(8)), 2);
    ASSERT_TRUE(rig.stop().has_value());
    rig.wanted = [](const TopicPartition&, const Uuid& id) { return id == id_of(8); };
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->find(a0), nullptr);
    EXPECT_NE(rig.manager->find(b0), nullptr);
    EXPECT_EQ(count_suffix(disk, "/data", "-stray"), 1u);
    // The topic is created anew: nothing of the old one is in it.
    const auto log = must_open(a0, id_of(9));
    EXPECT_EQ(log->snapshot()->end_offset, Offset{0});
    EXPECT_EQ(log->checkpointed_high_watermark(), Offset{0});
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(count_suffix(disk, "/data", "-stray"), 1u);
}

TEST_F(LogManagerTest, L24_another_topic_id_moves_the_old_log_aside) {
    ASSERT_TRUE(rig.start().has_value());
    const auto old = must_open(a0, id_of(7));
    for (uint8_t value = 1; value <= 5; ++value) must_append(*old, value);
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(rig.start().has_value());
    const auto fresh = must_open(a0, id_of(8));
    EXPECT_EQ(fresh->snapshot()->end_offset, Offset{0});
    EXPECT_EQ(count_suffix(disk, "/data", "-stray"), 1u);
    must_append(*fresh, 9);
    // A crash right now must not find the old log's recovery point for the new one.
    crash(rig, 5);
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_NE(rig.manager->find(a0), nullptr);
    EXPECT_EQ(rig.manager->find(a0)->topic_id(), id_of(8));
    EXPECT_FALSE(rig.manager->find(a0)->offline());
}

TEST_F(LogManagerTest, adopts_a_log_without_topic_id) {
    ASSERT_TRUE(rig.start().has_value());
    must_append(*must_open(a0, id_of(7)), 1);
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(disk.remove("/data/a-0/partition.metadata").has_value());
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(6));
    EXPECT_EQ(log->snapshot()->end_offset, Offset{1});
    EXPECT_EQ(log->topic_id(), id_of(6));
    EXPECT_EQ(text_of(disk, "/data/a-0/partition.metadata"),
              "version: 0\ntopic_id: " + id_of(6).str());
}

TEST_F(LogManagerTest, a_damaged_partition_metadata_costs_only_that_log) {
    ASSERT_TRUE(rig.start().has_value());
    must_append(*must_open(a0, id_of(7)), 1);
    must_append(*must_open(b0, id_of(8)), 2);
    ASSERT_TRUE(rig.stop().has_value());
    ASSERT_TRUE(disk.replace_file("/data/a-0/partition.metadata", as_bytes("x")).has_value());
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_NE(rig.manager->find(a0), nullptr);
    EXPECT_TRUE(rig.manager->find(a0)->offline());
    EXPECT_EQ(rig.append(*rig.manager->find(a0), 1).error, ErrorCode::kafka_storage_error);
    EXPECT_EQ(rig.log(a0, id_of(7)).error().code, ErrorCode::kafka_storage_error);
    must_append(*must_open(b0, id_of(8)), 3);
    ASSERT_TRUE(rig.stop().has_value());
    EXPECT_EQ(text_of(disk, "/data/.kafka_cleanshutdown"), "<missing>")
        << "the next start must look at that log again";
    EXPECT_EQ(text_of(disk, "/data/recovery-point-offset-checkpoint"), "0\n2\na 0 1\nb 0 2\n");
}

TEST_F(LogManagerTest, a_partition_in_two_directories_is_refused) {
    rig.options.log_dirs = {"/d1", "/d2"};
    ASSERT_TRUE(rig.start().has_value());
    must_open(a0, id_of(7));
    ASSERT_TRUE(rig.stop().has_value());
    for (const char* directory : {"/d1/a-0", "/d2/a-0"})
        ASSERT_TRUE(disk.make_directories(directory).has_value());
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_FALSE(rig.load().has_value());
}

TEST_F(LogManagerTest, removes_at_once_and_deletes_later) {
    rig.config.file_delete_delay_ms = 5'000;
    ASSERT_TRUE(rig.start().has_value());
    rig.manager->start_background();
    const auto old = must_open(a0, id_of(7));
    must_append(*old, 1);
    ASSERT_TRUE(rig.remove(a0).has_value());
    EXPECT_EQ(rig.manager->find(a0), nullptr);
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 1u);
    EXPECT_EQ(rig.append(*old, 2).error, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(rig.remove(a0).error().code, ErrorCode::unknown_topic_or_partition);
    const auto fresh = must_open(a0, id_of(8));
    EXPECT_EQ(fresh->snapshot()->end_offset, Offset{0});
    must_append(*fresh, 3);
    loop.run_for(seconds(4));
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 1u);
    loop.run_for(seconds(3));
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 0u);
    EXPECT_EQ(values_in(disk, "/data/a-0"), (std::vector<uint8_t>{3}));
}

TEST_F(LogManagerTest, deletes_leftovers_of_the_process_before) {
    ASSERT_TRUE(rig.start().has_value());
    must_append(*must_open(a0, id_of(7)), 1);
    ASSERT_TRUE(rig.remove(a0).has_value());
    crash(rig, 3);
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 1u) << "the rename is durable";
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.manager->find(a0), nullptr);
    rig.manager->start_background();
    loop.run_for(seconds(3));
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 0u);
}

TEST_F(LogManagerTest, L14_removing_while_appends_wait_for_fsync_is_no_disk_error) {
    rig.config.flush_messages = 1;
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(7));
    const auto other = must_open(b0, id_of(8));
    auto both = [](LogManager& manager, std::shared_ptr<LogHandle> handle) -> Task<ErrorCode> {
        auto first = handle->append(request_of(1));
        auto second = handle->append(request_of(2));
        auto removing = manager.remove(a0);
        auto late = handle->flush();
        const auto removed = co_await std::move(removing);
        EXPECT_TRUE(removed.has_value());
        const auto answer = co_await std::move(first);
        const auto second_answer = co_await std::move(second);
        EXPECT_EQ(answer.error, second_answer.error);
        [[maybe_unused]] const auto flushed = co_await std::move(late);
        co_return answer.error;
    };
    for (int i = 0; i < 3; ++i) (void)rig.append(*other, 1);
    const ErrorCode error = loop.run_until_done(both(*rig.manager, log));
    EXPECT_TRUE(error == ErrorCode::none || error == ErrorCode::unknown_topic_or_partition);
    EXPECT_FALSE(rig.manager->directories()[0].offline);
    must_append(*other, 2);
}

TEST_F(LogManagerTest, two_callers_get_the_same_log) {
    ASSERT_TRUE(rig.start().has_value());
    using Opening = Task<Result<std::shared_ptr<LogHandle>>>;
    auto both = [](LogManager& manager, SimLoop& on) -> Task<bool> {
        std::shared_ptr<LogHandle> other;
        auto open = [](Opening opening, std::shared_ptr<LogHandle>* into) -> Task<void> {
            const auto opened = co_await std::move(opening);
            *into = *opened;
        };
        auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
        boost::asio::co_spawn(on.executor(),
                              open(manager.open_or_create(a0, id_of(7), LogConfig()), &other),
                              escaped);
        auto removing = manager.remove(b0);
        auto opening = manager.open_or_create(a0, id_of(7), LogConfig());
        const auto opened = co_await std::move(opening);
        const auto removed = co_await std::move(removing);
        EXPECT_FALSE(removed.has_value());
        co_return opened.has_value() && *opened == other;
    };
    EXPECT_TRUE(loop.run_until_done(both(*rig.manager, loop)));
}

TEST_F(LogManagerTest, a_broken_directory_goes_offline_alone) {
    rig.options.log_dirs = {"/d1", "/d2"};
    rig.config.flush_messages = 1;
    ASSERT_TRUE(rig.start().has_value());
    std::vector<std::string> reported;
    rig.manager->on_directory_offline([&](const std::string& path) { reported.push_back(path); });
    const auto first = must_open(a0, id_of(7));
    const auto second = must_open(b0, id_of(8));
    must_append(*first, 1);
    disk.fail({.op = DiskOp::sync, .path_contains = "/d1/"});
    EXPECT_EQ(rig.append(*first, 2).error, ErrorCode::kafka_storage_error);
    loop.run_ready();
    EXPECT_EQ(reported, (std::vector<std::string>{"/d1"}));
    EXPECT_TRUE(first->offline());
    must_append(*second, 1);
    // The log may be on the disk that cannot be read: it is not made anew elsewhere.
    const TopicPartition c0 = partition_of("c", 0);
    EXPECT_EQ(rig.log(c0, id_of(9)).error().code, ErrorCode::kafka_storage_error);
    const auto created = loop.run_until_done(rig.manager->create(c0, id_of(9), rig.config));
    ASSERT_TRUE(created.has_value());
    must_append(**created, 1);
    ASSERT_TRUE(rig.stop().has_value());
    EXPECT_EQ(text_of(disk, "/d1/.kafka_cleanshutdown"), "<missing>");
    EXPECT_NE(text_of(disk, "/d2/.kafka_cleanshutdown"), "<missing>");
}

TEST_F(LogManagerTest, a_directory_broken_at_start_goes_offline_alone) {
    rig.options.log_dirs = {"/d1", "/d2"};
    ASSERT_TRUE(rig.start().has_value());
    must_open(a0, id_of(7));
    const auto kept = must_open(b0, id_of(8));
    must_append(*kept, 1);
    ASSERT_TRUE(rig.stop().has_value());
    disk.fail({.op = DiskOp::read, .sticky = true, .path_contains = "/d2/"});
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_NE(rig.manager->find(a0), nullptr);
    EXPECT_TRUE(rig.manager->directories()[1].offline);
    EXPECT_EQ(rig.log(b0, id_of(8)).error().code, ErrorCode::kafka_storage_error);
    rig.die();
    disk.clear_faults();
    disk.fail({.op = DiskOp::read, .sticky = true});
    EXPECT_FALSE(rig.open().has_value()) << "no directory is left";
}

// The process then ends without waiting for the disk, see cli/serve.cc.
TEST_F(LogManagerTest, L07_a_stop_with_a_stuck_disk_is_bounded_and_leaves_no_marker) {
    rig.options.log_dirs = {"/d1", "/d2"};
    rig.options.retention_check_interval_ms = 500;
    for (const bool background : {false, true}) {
        for (const bool change_queued : {false, true}) {
            ASSERT_TRUE(rig.start().has_value());
            const auto log = must_open(a0, id_of(7));
            const auto other = must_open(b0, id_of(8));
            must_append(*other, 1);
            if (background) rig.manager->start_background();
            rig.changes_lane(0).stuck();
            if (change_queued) {
                EXPECT_EQ(rig.append(*log, 2).error, ErrorCode::request_timed_out);
            }
            loop.run_for(seconds(3));
            const Nanos start = loop.clock().now();
            const auto stopped = loop.run_until_done(rig.manager->stop());
            ASSERT_FALSE(stopped.has_value());
            EXPECT_EQ(stopped.error().code, ErrorCode::request_timed_out);
            EXPECT_LE(loop.clock().now() - start, seconds(rig.options.stop_timeout_ms / 1000 + 65));
            EXPECT_FALSE(*disk.exists("/d1/.kafka_cleanshutdown"));
            EXPECT_TRUE(*disk.exists("/d2/.kafka_cleanshutdown")) << "the other one is closed";
            rig.changes_lane(0).release();
            loop.run_for(seconds(2));
            rig.manager.reset();
            rig.forget();
            ASSERT_TRUE(rig.start().has_value());
            ASSERT_TRUE(rig.stop().has_value());
        }
    }
}

TEST_F(LogManagerTest, L13_clients_leave_room_for_everything_else) {
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(7));
    const auto coordinator = must_open(b0, id_of(8));
    const uint64_t reserve = DirectoryQueueOptions{}.reserved_bytes;
    disk.set_capacity(reserve + 200'000);
    AppendResult result;
    int accepted = 0;
    for (; accepted < 5'000 && result.error == ErrorCode::none; ++accepted)
        result = rig.append(*log, 1);
    ASSERT_EQ(result.error, ErrorCode::kafka_storage_error);
    EXPECT_EQ(result.base_offset, offset_none);
    EXPECT_FALSE(log->offline());
    EXPECT_GT(accepted, 500);
    for (int i = 0; i < 50; ++i) {
        const auto committed =
            loop.run_until_done(coordinator->append(request_of(1, AppendOrigin::coordinator)));
        ASSERT_EQ(committed.error, ErrorCode::none);
    }
    ASSERT_TRUE(loop.run_until_done(log->advance_log_start(Offset{3})).has_value());
    disk.set_capacity(reserve + 400'000);
    EXPECT_EQ(rig.append(*log, 1).error, ErrorCode::none) << "at once when there is room";
    ASSERT_TRUE(rig.stop().has_value());
}

TEST_F(LogManagerTest, N14_a_stuck_directory_stops_nothing_else) {
    rig.options.log_dirs = {"/d1", "/d2"};
    ASSERT_TRUE(rig.start().has_value());
    rig.manager->start_background();
    const auto first = must_open(a0, id_of(7));
    const auto second = must_open(b0, id_of(8));
    must_append(*first, 1);
    rig.changes_lane(0).stuck();
    const Nanos start = loop.clock().now();
    for (uint8_t value = 0; value < 50; ++value) must_append(*second, value);
    EXPECT_LT(loop.clock().now() - start, seconds(1));
    // Where there are as few partitions, the stuck one comes first: its caller gives up in time.
    const auto late = rig.log(partition_of("c", 0), id_of(9));
    EXPECT_EQ(late.error().code, ErrorCode::request_timed_out);
    EXPECT_EQ(rig.append(*first, 2).error, ErrorCode::request_timed_out);
    EXPECT_GE(rig.manager->directories()[0].stalled_for, seconds(30));
    for (uint8_t value = 0; value < 50; ++value) must_append(*second, value);
    EXPECT_EQ(rig.remove(b0).has_value(), true);
    rig.changes_lane(0).release();
    loop.run_for(seconds(2));
    EXPECT_EQ(first->snapshot()->end_offset, Offset{2});
    EXPECT_NE(rig.manager->find(partition_of("c", 0)), nullptr) << "made in the end";
    must_append(*first, 3);
}

TEST_F(LogManagerTest, flushes_and_checkpoints_in_the_background) {
    rig.config.flush_ms = 500;
    rig.options.flush_scheduler_interval_ms = 100;
    rig.options.flush_offset_checkpoint_interval_ms = 2'000;
    rig.options.high_watermark_checkpoint_interval_ms = 1'000;
    ASSERT_TRUE(rig.start().has_value());
    rig.manager->start_background();
    const auto log = must_open(a0, id_of(7));
    must_append(*log, 1);
    log->set_high_watermark(Offset{1});
    loop.run_for(std::chrono::milliseconds(300));
    EXPECT_GT(disk.unsynced_bytes("/data/a-0/00000000000000000000.log"), 0u);
    loop.run_for(seconds(1));
    EXPECT_EQ(disk.unsynced_bytes("/data/a-0/00000000000000000000.log"), 0u);
    loop.run_for(seconds(3));
    EXPECT_EQ(text_of(disk, "/data/recovery-point-offset-checkpoint"), "0\n1\na 0 1\n");
    EXPECT_EQ(text_of(disk, "/data/replication-offset-checkpoint"), "0\n1\na 0 1\n");
    // Nothing changes, nothing is written.
    const uint64_t operations = disk.operations();
    loop.run_for(seconds(60));
    EXPECT_EQ(disk.operations(), operations);
}

TEST_F(LogManagerTest, A11_starts_and_stops_do_not_sync_each_partition) {
    const auto syncs = [this] {
        return disk.count(DiskOp::sync) + disk.count(DiskOp::sync_directory);
    };
    constexpr int32_t count = 50;
    ASSERT_TRUE(rig.start().has_value());
    for (int32_t i = 0; i < count; ++i) (void)must_open(partition_of("many", i), id_of(7));
    EXPECT_LT(syncs(), 3 * count + 20) << "when they are made they are";
    crash(rig, 3);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_LT(syncs(), 20u);
    for (int round = 0; round < 2; ++round) {
        const uint64_t before = syncs();
        ASSERT_TRUE(rig.stop().has_value());
        ASSERT_TRUE(rig.start().has_value());
        EXPECT_LT(syncs() - before, 40u);
    }
    for (int32_t i = 0; i < count; ++i)
        must_append(*must_open(partition_of("many", i), id_of(7)), 1);
}

TEST_F(LogManagerTest, A11_flushes_what_waits_longest_where_too_many_files_are_open) {
    rig.options.open_files_max = 4;
    ASSERT_TRUE(rig.start().has_value());
    rig.manager->start_background();
    std::vector<TopicPartition> partitions;
    for (int32_t i = 0; i < 30; ++i) partitions.push_back(partition_of("many", i));
    for (const TopicPartition& of : partitions) must_append(*must_open(of, id_of(7)), 1);
    const auto count_unsynced = [&] {
        return std::ranges::count_if(partitions, [&](const TopicPartition& of) {
            return disk.unsynced_bytes("/data/" + of.directory_name() +
                                       "/00000000000000000000.log") > 0;
        });
    };
    EXPECT_EQ(count_unsynced(), 30);
    for (int round = 0; round < 20; ++round) {
        loop.run_for(seconds(2));
        must_append(*must_open(partitions[0], id_of(7)), 1);
    }
    EXPECT_LE(count_unsynced(), 6);
    for (const TopicPartition& of : partitions) must_append(*must_open(of, id_of(7)), 2);
    ASSERT_TRUE(rig.stop().has_value());
    for (size_t i = 1; i < partitions.size(); ++i)
        EXPECT_EQ(values_in(disk, "/data/" + partitions[i].directory_name()),
                  (std::vector<uint8_t>{1, 2}));
}

TEST_F(LogManagerTest, A11_who_has_a_resting_log_can_read_it_when_it_was_removed) {
    rig.config.file_delete_delay_ms = 5'000;
    ASSERT_TRUE(rig.start().has_value());
    rig.manager->start_background();
    const auto log = must_open(a0, id_of(7));
    must_append(*log, 1);
    ASSERT_TRUE(loop.run_until_done(log->flush()).has_value());
    loop.run_for(seconds(200));
    const auto old = log->snapshot();
    const ReadRequest all{Offset{0}, Offset{1}, 1 << 20, true};
    EXPECT_FALSE(old->plan_read(all, ReadMode::cached_only).has_value()) << "it rests";
    ASSERT_TRUE(rig.remove(a0).has_value());
    must_append(*must_open(a0, id_of(8)), 2);
    loop.run_for(seconds(10));
    EXPECT_EQ(count_suffix(disk, "/data", "-delete"), 0u);
    const auto plan = old->plan_read(all, ReadMode::blocking);
    ASSERT_TRUE(plan.has_value());
    std::vector<uint8_t> bytes(plan->bytes);
    ASSERT_TRUE(plan->ranges[0].file->read_at(plan->ranges[0].position, bytes).has_value());
    EXPECT_EQ(bytes[61 + 6], 1);
}

TEST_F(LogManagerTest, opens_the_metadata_log_where_it_is_told) {
    rig.options.metadata_log_dir = "/metadata";
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.manager->metadata_directory(), "/metadata/__cluster_metadata-0");
    const auto opened = loop.run_until_done(rig.manager->open_metadata_log(rig.config));
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE(rig.load().has_value());
    EXPECT_EQ((*opened)->topic_id(), metadata_topic_id);
    EXPECT_EQ(rig.manager->find(partition_of("__cluster_metadata", 0)), *opened);
    AppendRequest request = request_of(1, AppendOrigin::raft_leader);
    request.flush_required = true;
    EXPECT_EQ(loop.run_until_done((*opened)->append(request)).error, ErrorCode::none);
    must_open(a0, id_of(7));
    EXPECT_EQ(rig.manager->directories()[0].partitions, 1u);
    EXPECT_EQ(rig.manager->directories()[1].partitions, 0u);
    crash(rig, 3);
    ASSERT_TRUE(rig.open().has_value());
    const auto again = loop.run_until_done(rig.manager->open_metadata_log(rig.config));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ((*again)->snapshot()->end_offset, Offset{1});
}

TEST_F(LogManagerTest, a_new_config_reaches_an_open_log) {
    ASSERT_TRUE(rig.start().has_value());
    const auto log = must_open(a0, id_of(7));
    must_append(*log, 1);
    EXPECT_GT(disk.unsynced_bytes("/data/a-0/00000000000000000000.log"), 0u);
    rig.config.flush_messages = 1;
    EXPECT_EQ(must_open(a0, id_of(7)), log);
    EXPECT_EQ(log->config().flush_messages, 1);
    must_append(*log, 2);
    EXPECT_EQ(disk.unsynced_bytes("/data/a-0/00000000000000000000.log"), 0u);
}

TEST_F(LogManagerTest, loads_a_thousand_partitions) {
    constexpr int32_t count = 1000;
    ASSERT_TRUE(rig.start().has_value());
    for (int32_t i = 0; i < count; ++i)
        must_append(*must_open(partition_of("topic", i), id_of(7)), static_cast<uint8_t>(i));
    crash(rig, 3);
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(rig.start().has_value());
    const auto time = std::chrono::steady_clock::now() - start;
    for (int32_t i = 0; i < count; ++i)
        ASSERT_NE(rig.manager->find(partition_of("topic", i)), nullptr);
    RecordProperty("milliseconds", std::to_string(time / std::chrono::milliseconds(1)));
    EXPECT_LT(time, seconds(30));
}

}  // namespace
}  // namespace barnabas::storage
