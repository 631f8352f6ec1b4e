// SPDX-License-Identifier: Apache-2.0
// LocalClusterNode on a simulated disk: what a start writes, what a restart keeps, deadlines, a
// disk that fails or hangs.
#include "cluster/local_cluster_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/snapshot_file.h"
#include "cluster/test/kafka_files.h"
#include "cluster/test/node_rig.h"

namespace barnabas::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;

TEST(LocalClusterNode, first_start_formats_the_directory) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_EQ(rig.file_text("/data/__cluster_metadata-0/quorum-state"),
              R"({"leaderId":1,"leaderEpoch":1,"votedId":-1,)"
              R"("votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1})");
    EXPECT_THAT(rig.metadata_files(), Contains("00000000000000000000-0000000000.checkpoint"));
    EXPECT_THAT(rig.metadata_files(), Contains("00000000000000000000.log"));
    EXPECT_TRUE(disk.exists("/data/bootstrap.checkpoint").value());
    const auto image = rig.node->image();
    EXPECT_EQ(image->cluster_id, rig.manager->meta_properties().cluster_id);
    EXPECT_EQ(image->controller_id, BrokerId{1});
    EXPECT_EQ(image->features.at("metadata.version"), 30);
    EXPECT_EQ(image->features.at("kraft.version"), 1);
    ASSERT_TRUE(image->brokers.contains(BrokerId{1}));
    const BrokerImage& broker = *image->brokers.at(BrokerId{1});
    EXPECT_TRUE(broker.active());
    EXPECT_EQ(broker.epoch, rig.node->broker_epoch());
    EXPECT_EQ(broker.endpoints.at(0).port, 9092);
}

TEST(LocalClusterNode, files_hold_what_apache_kafka_writes) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    const auto texts = [](const std::vector<FileRecord>& records) {
        std::vector<std::string> lines;
        for (const FileRecord& record : records)
            if (!record.control)
                lines.push_back(record_text(*decode_metadata_record(record.value)));
        return lines;
    };
    const auto read = [&](const std::string& path) {
        return read_batches(disk.read_file(path, 1 << 24).value());
    };
    EXPECT_EQ(texts(read("/data/bootstrap.checkpoint")),
              texts(read_batches(read_test_file("kafka_4_3/bootstrap.checkpoint"))));
    auto ours = read("/data/__cluster_metadata-0/00000000000000000000.log");
    auto theirs = read_batches(read_test_file("kafka_4_3/00000000000000000000.log"));
    // LeaderChange, KRaftVersion, KRaftVoters and nine records of the bootstrap transaction.
    ASSERT_GE(ours.size(), 12u);
    ours.resize(12);
    theirs.resize(12);
    EXPECT_EQ(texts(ours), texts(theirs));
    EXPECT_EQ(texts(ours).size(), 9u);
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(ours[i].control);
        EXPECT_EQ(ours[i].key, theirs[i].key);
    }
    EXPECT_EQ(ours[0].value, theirs[0].value);
    EXPECT_EQ(ours[1].value, theirs[1].value);
}

TEST(LocalClusterNode, a_restart_keeps_everything_and_begins_an_epoch) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_EQ(rig.create("orders", 3), ErrorCode::none);
    ASSERT_EQ(rig.create("gone"), ErrorCode::none);
    ASSERT_EQ(rig.remove("gone"), ErrorCode::none);
    const Uuid id = rig.node->image()->topic("orders")->id;
    const int64_t broker_epoch = rig.node->broker_epoch();
    for (int life = 2; life <= 4; ++life) {
        if (life % 2 == 0)
            rig.die();
        else
            rig.crash(uint64_t(life));
        ASSERT_TRUE(rig.start().has_value());
        const auto image = rig.node->image();
        EXPECT_EQ(image->epoch, LeaderEpoch{life});
        EXPECT_EQ(image->topic("orders")->id, id);
        EXPECT_FALSE(rig.has_topic("gone"));
        EXPECT_GT(rig.node->broker_epoch(), broker_epoch);
        for (const PartitionImage& partition : image->topic("orders")->partitions) {
            EXPECT_EQ(partition.leader, BrokerId{1});
            EXPECT_EQ(partition.leader_epoch, LeaderEpoch{life - 1});
        }
    }
}

TEST(LocalClusterNode, the_listener_is_done_before_the_answer) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    bool opened = false;
    auto open_slowly = [](Clock& clock, bool& done) -> Task<void> {
        auto slow = clock.sleep(seconds(2));
        co_await std::move(slow);
        done = true;
    };
    rig.node->set_image_listener([&](const std::shared_ptr<const MetadataImage>& before,
                                     const std::shared_ptr<const MetadataImage>& after) {
        EXPECT_EQ(before->topic("t"), nullptr);
        EXPECT_NE(after->topic("t"), nullptr);
        return open_slowly(loop.clock(), opened);
    });
    EXPECT_EQ(rig.create("t"), ErrorCode::none);
    EXPECT_TRUE(opened);
    rig.die();
}

// One of many clients: what it refers to lives until the loop has run it.
Task<void> create_and_count(NodeRig& rig, protocol::CreateTopicsRequest request,
                            std::map<ErrorCode, int>& answers, int& done) {
    auto creating = rig.node->create_topics(std::move(request), 7);
    const auto response = co_await std::move(creating);
    ++answers[response.topics.at(0).error_code];
    ++done;
}

// Many clients at once: commands are decided one after another on what the one before committed.
TEST(LocalClusterNode, A06_one_name_ten_clients) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    std::map<ErrorCode, int> answers;
    int done = 0;
    TaskGroup clients(loop.executor(), loop.clock());
    for (int i = 0; i < 10; ++i)
        clients.spawn(create_and_count(rig, NodeRig::creation("same", 4), answers, done));
    ASSERT_TRUE(loop.run_until([&] { return done == 10; }));
    EXPECT_EQ(answers[ErrorCode::none], 1);
    EXPECT_EQ(answers[ErrorCode::topic_already_exists], 9);
    EXPECT_EQ(rig.node->image()->topic("same")->partitions.size(), 4u);
    EXPECT_TRUE(loop.run_until_done(clients.stop(loop.clock().after(seconds(1)))));
}

TEST(LocalClusterNode, A10_without_time_nothing_is_begun) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    const auto before = rig.image();
    const Offset offset = rig.node->image()->offset;
    EXPECT_EQ(rig.create("t", 1, 0), ErrorCode::request_timed_out);
    EXPECT_EQ(rig.create("t", 1, -1), ErrorCode::request_timed_out);
    EXPECT_EQ(rig.create("t", 1, INT32_MIN), ErrorCode::request_timed_out);
    loop.run_for(seconds(10));
    EXPECT_EQ(rig.image(), before);
    EXPECT_EQ(rig.node->image()->offset, offset);
    EXPECT_EQ(rig.create("t", 1, 1), ErrorCode::none);
}

TEST(LocalClusterNode, A10_a_disk_that_hangs_delays_nobody_beyond_the_timeout) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    rig.log_options.operation_timeout_ms = 3'000;
    ASSERT_TRUE(rig.start().has_value());
    for (SimLane* lane : rig.lanes) lane->stuck();
    const Nanos begin = loop.clock().now();
    EXPECT_EQ(rig.create("first", 1, 5'000), ErrorCode::request_timed_out);
    EXPECT_EQ(loop.clock().now() - begin, milliseconds(5'000));
    // It waits behind the first, and its client leaves: it will not be done.
    EXPECT_EQ(rig.create("second", 1, 5'000), ErrorCode::request_timed_out);
    EXPECT_FALSE(rig.has_topic("first"));
    for (SimLane* lane : rig.lanes) lane->release();
    // The first had been begun: it takes effect, and the node goes on.
    EXPECT_EQ(rig.create("third"), ErrorCode::none);
    EXPECT_TRUE(rig.has_topic("first"));
    EXPECT_FALSE(rig.has_topic("second"));
}

TEST(LocalClusterNode, the_queue_has_a_limit) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    rig.options.queue_max = 3;
    ASSERT_TRUE(rig.start().has_value());
    std::map<ErrorCode, int> answers;
    int done = 0;
    TaskGroup clients(loop.executor(), loop.clock());
    for (int i = 0; i < 20; ++i)
        clients.spawn(
            create_and_count(rig, NodeRig::creation(fmt::format("t{}", i)), answers, done));
    ASSERT_TRUE(loop.run_until([&] { return done == 20; }));
    EXPECT_GE(answers[ErrorCode::none], 3);
    EXPECT_LE(answers[ErrorCode::none], 4);
    EXPECT_EQ(answers[ErrorCode::none] + answers[ErrorCode::request_timed_out], 20);
    EXPECT_TRUE(loop.run_until_done(clients.stop(loop.clock().after(seconds(1)))));
}

TEST(LocalClusterNode, a_failed_flush_ends_leading) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    ASSERT_EQ(rig.create("before"), ErrorCode::none);
    disk.fail({.op = DiskOp::sync, .path_contains = "__cluster_metadata-0/0000"});
    EXPECT_EQ(rig.create("lost"), ErrorCode::kafka_storage_error);
    EXPECT_FALSE(rig.has_topic("lost"));
    EXPECT_EQ(rig.node->image()->controller_id, broker_id_none);
    disk.clear_faults();
    EXPECT_EQ(rig.create("after"), ErrorCode::not_controller);
    EXPECT_FALSE(rig.producer_ids().has_value());
    EXPECT_TRUE(rig.has_topic("before"));
    // What was not acknowledged may come back or not; the node leads again.
    rig.crash(5);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_TRUE(rig.has_topic("before"));
    EXPECT_EQ(rig.create("after"), ErrorCode::none);
}

TEST(LocalClusterNode, a_full_disk_refuses_and_recovers) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    disk.fail({.op = DiskOp::write,
               .error = 28,  // ENOSPC
               .path_contains = "__cluster_metadata-0/0000",
               .written_before = 20});
    EXPECT_EQ(rig.create("refused"), ErrorCode::kafka_storage_error);
    EXPECT_FALSE(rig.has_topic("refused"));
    EXPECT_EQ(rig.create("t"), ErrorCode::none);
    rig.crash(3);
    ASSERT_TRUE(rig.start().has_value());
    EXPECT_TRUE(rig.has_topic("t"));
    EXPECT_FALSE(rig.has_topic("refused"));
}

TEST(LocalClusterNode, snapshots_are_made_and_used) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    rig.options.bytes_between_snapshots = 5'000;
    rig.options.metadata_segment_bytes = 4'000;
    ASSERT_TRUE(rig.start().has_value());
    for (int i = 0; i < 100; ++i) ASSERT_EQ(rig.create(fmt::format("t{}", i), 2), ErrorCode::none);
    for (int i = 0; i < 50; ++i) ASSERT_EQ(rig.remove(fmt::format("t{}", i)), ErrorCode::none);
    const auto image = rig.image();
    std::vector<SnapshotId> snapshots;
    for (const std::string& name : rig.metadata_files())
        if (const auto id = parse_snapshot_file_name(name)) snapshots.push_back(*id);
    ASSERT_EQ(snapshots.size(), 2u);  // the newest, and one to fall back on
    EXPECT_GT(snapshots[0].end_offset, Offset{100});
    // The log is only needed from the older one on.
    EXPECT_THAT(rig.metadata_files(), testing::Not(Contains("00000000000000000000.log")));
    rig.crash(9);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.image(), image);
    const auto registered = rig.register_broker();
    ASSERT_TRUE(registered.has_value()) << error_name(registered.error().code);
    EXPECT_EQ(rig.create("t99"), ErrorCode::topic_already_exists);
    EXPECT_EQ(rig.create("t0"), ErrorCode::none);
}

TEST(LocalClusterNode, a_damaged_snapshot_is_made_up_for_by_the_one_before) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    rig.options.bytes_between_snapshots = 3'000;
    ASSERT_TRUE(rig.start().has_value());
    for (int i = 0; i < 60; ++i) ASSERT_EQ(rig.create(fmt::format("t{}", i)), ErrorCode::none);
    const auto image = rig.image();
    rig.die();
    std::string newest;
    for (const std::string& name : rig.metadata_files())
        if (parse_snapshot_file_name(name)) newest = "/data/__cluster_metadata-0/" + name;
    disk.flip_bit(newest, 300, 3);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.image(), image);
    rig.die();
    // Without the older one, too, there is nothing that could be trusted.
    for (const std::string& name : rig.metadata_files())
        if (parse_snapshot_file_name(name))
            disk.flip_bit("/data/__cluster_metadata-0/" + name, 70, 0);
    const auto refused = rig.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt_message);
}

// Appends a framed record to the metadata log as a program that knows more would.
void append_foreign_record(SimLoop& loop, SimDisk& disk, std::vector<uint8_t> value) {
    NodeRig rig(loop, disk);
    auto logs = loop.run_until_done(storage::LogManager::open(disk, loop.clock(), rig.log_options));
    ASSERT_TRUE(logs.has_value());
    rig.manager = std::move(*logs);
    const auto log = loop.run_until_done(rig.manager->open_metadata_log({}));
    ASSERT_TRUE(log.has_value());
    const std::vector<std::vector<uint8_t>> records{std::move(value)};
    const auto batch = data_batch({(*log)->snapshot()->end_offset, LeaderEpoch{9}, 1}, records);
    storage::AppendRequest request;
    request.records = batch;
    request.origin = storage::AppendOrigin::raft_leader;
    request.leader_epoch = LeaderEpoch{9};
    request.flush_required = true;
    EXPECT_EQ(loop.run_until_done((*log)->append(request)).error, ErrorCode::none);
}

TEST(LocalClusterNode, A12_refuses_a_log_that_a_newer_program_wrote) {
    for (const std::vector<uint8_t>& value : {std::vector<uint8_t>{1, 29, 0, 0},    // type
                                              std::vector<uint8_t>{1, 2, 1, 0, 0},  // version
                                              std::vector<uint8_t>{2, 20, 0, 0}}) {
        SimLoop loop;
        SimDisk disk;
        NodeRig rig(loop, disk);
        ASSERT_TRUE(rig.start().has_value());
        ASSERT_EQ(rig.create("t"), ErrorCode::none);
        rig.die();
        append_foreign_record(loop, disk, value);
        const auto before = rig.file_text("/data/__cluster_metadata-0/00000000000000000000.log");
        const auto state = rig.file_text("/data/__cluster_metadata-0/quorum-state");
        const auto refused = rig.open();
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ErrorCode::unsupported_version);
        rig.die();
        // Nothing was changed: the newer program can take over again.
        EXPECT_EQ(rig.file_text("/data/__cluster_metadata-0/00000000000000000000.log"), before);
        EXPECT_EQ(rig.file_text("/data/__cluster_metadata-0/quorum-state"), state);
    }
}

TEST(LocalClusterNode, refuses_to_lead_a_quorum_of_several) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    ASSERT_TRUE(rig.start().has_value());
    rig.die();
    const std::string state =
        R"({"clusterId":"","leaderId":2,"leaderEpoch":7,"votedId":-1,"appliedOffset":0,)"
        R"("currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0})";
    ASSERT_TRUE(
        disk.replace_file("/data/__cluster_metadata-0/quorum-state", as_bytes(state)).has_value());
    const auto refused = rig.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::inconsistent_voter_set);
    EXPECT_EQ(rig.file_text("/data/__cluster_metadata-0/quorum-state"), state);
}

// A directory in the state in which Apache Kafka 4.3 left it after a clean shutdown.
TEST(LocalClusterNode, starts_on_a_directory_of_apache_kafka) {
    SimLoop loop;
    SimDisk disk;
    NodeRig rig(loop, disk);
    const std::string directory = "/data/__cluster_metadata-0";
    ASSERT_TRUE(disk.make_directories(directory).has_value());
    for (const std::string name :
         {"00000000000000000000.log", "00000000000000000000-0000000000.checkpoint",
          "00000000000000000055-0000000002.checkpoint", "quorum-state"})
        ASSERT_TRUE(disk.replace_file(directory + "/" + name, read_test_file("kafka_4_3/" + name))
                        .has_value());
    const std::string properties =
        "node.id=1\ndirectory.id=29Ypq_9LSO-tPJpWFydQpw\nversion=1\n"
        "cluster.id=MkU3OEVBNTcwNTJENDM2Qg\n";
    ASSERT_TRUE(disk.replace_file("/data/meta.properties", as_bytes(properties)).has_value());
    const std::string topic_id = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ";
    ASSERT_TRUE(
        disk.replace_file(directory + "/partition.metadata", as_bytes(topic_id)).has_value());
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.node->image()->epoch, LeaderEpoch{3});
    const auto orders = rig.node->image()->topic("orders");
    ASSERT_NE(orders, nullptr);
    EXPECT_EQ(orders->partitions.at(0).leader, broker_id_none);  // Kafka had shut down
    ASSERT_TRUE(rig.register_broker().has_value());
    for (const PartitionImage& partition : rig.node->image()->topic("orders")->partitions) {
        EXPECT_EQ(partition.leader, BrokerId{1});
        EXPECT_EQ(partition.isr, std::vector{BrokerId{1}});
        EXPECT_TRUE(partition.eligible_leader_replicas.empty());
    }
    const auto block = rig.producer_ids();
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->first, ProducerId{1000});
}

}  // namespace
}  // namespace barnabas::cluster
