// SPDX-License-Identifier: Apache-2.0
// PartitionTable: logs follow the metadata image.
#include "broker/partition/partition_table.h"

#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/describe_log_dirs.h"

namespace barnabas::broker {
namespace {

struct PartitionTableTest : testing::Test {
    void SetUp() override {
        rig.start();
        rig.partitions->on_change([this](const storage::TopicPartition& partition, bool led) {
            events.push_back((led ? "+" : "-") + partition.directory_name());
        });
    }
    std::vector<std::string> take_events() { return std::exchange(events, {}); }
    std::vector<std::string> directories() {
        std::vector<std::string> names;
        for (const DirectoryEntry& entry : *rig.disk.list("/data"))
            if (entry.is_directory && entry.name.starts_with("t-")) names.push_back(entry.name);
        return names;
    }

    BrokerRig rig;
    std::vector<std::string> events;
};

using Names = std::vector<std::string>;

TEST_F(PartitionTableTest, opens_and_removes) {
    EXPECT_EQ(rig.partitions->size(), 0u);
    const Uuid id = rig.create_topic("t", 2);
    EXPECT_EQ(rig.partitions->size(), 2u);
    EXPECT_EQ(take_events(), (Names{"+t-0", "+t-1"}));
    EXPECT_EQ(directories(), (Names{"t-0", "t-1"}));
    const auto partition = rig.partition("t", 1);
    ASSERT_NE(partition, nullptr);
    EXPECT_EQ(partition->topic_id(), id);
    EXPECT_TRUE(partition->is_leader());
    EXPECT_EQ(rig.partition("t", 2), nullptr);
    EXPECT_EQ(rig.partition("t", -1), nullptr);
    EXPECT_EQ(rig.partition("u"), nullptr);
    EXPECT_EQ(rig.partitions->find("t", Uuid{{1}}, PartitionIndex{1}), nullptr);

    rig.delete_topic("t");
    EXPECT_EQ(rig.partitions->size(), 0u);
    EXPECT_EQ(take_events(), (Names{"-t-0", "-t-1"}));
    EXPECT_TRUE(partition->deleted());
    EXPECT_FALSE(partition->is_leader());
    EXPECT_EQ(partition->check_leader_epoch(leader_epoch_none), ErrorCode::not_leader_or_follower);
    for (const std::string& name : directories()) EXPECT_TRUE(name.ends_with("-delete")) << name;
}

TEST_F(PartitionTableTest, log_directories_tell_the_bytes_of_their_partitions) {
    rig.create_topic("t", 2);
    rig.create_topic("u", 1);
    const auto bytes = static_cast<int64_t>(batch_of({"a", "b"}).size());
    EXPECT_EQ(rig.append("t", batch_of({"a", "b"})).error, ErrorCode::none);
    protocol::DescribeLogDirsRequest request;
    request.topics.reset();
    const auto all = rig.call(handle_describe_log_dirs, request, 4).results.at(0);
    EXPECT_EQ(all.log_dir, "/data");
    ASSERT_EQ(all.topics.size(), 2u);
    EXPECT_EQ(all.topics[0].partitions.at(0).partition_size, bytes);
    EXPECT_EQ(all.topics[0].partitions.at(1).partition_size, 0);
    auto& asked = request.topics.emplace().emplace_back();
    asked.topic = "t";
    asked.partitions = {PartitionIndex{0}, PartitionIndex{9}};
    const auto one = rig.call(handle_describe_log_dirs, request, 4).results.at(0);
    ASSERT_EQ(one.topics.size(), 1u);
    EXPECT_EQ(one.topics[0].partitions.size(), 1u);
    EXPECT_GT(one.usable_bytes, 0);
    EXPECT_GE(one.total_bytes, one.usable_bytes);
    EXPECT_EQ(rig.call(handle_describe_log_dirs, request, 3).results.at(0).total_bytes, -1);
}

TEST_F(PartitionTableTest, where_logs_are_to_live_is_answered_as_kafka_does) {
    rig.create_topic("t", 1);
    const auto move = [this](const char* topic, int32_t index, const char* path) {
        protocol::AlterReplicaLogDirsRequest request;
        auto& directory = request.dirs.emplace_back();
        directory.path = Text(path);
        auto& asked = directory.topics.emplace_back();
        asked.name = Text(topic);
        asked.partitions = {PartitionIndex{index}};
        const auto response = rig.call(handle_alter_replica_log_dirs, std::move(request), 2);
        return response.results.at(0).partitions.at(0).error_code;
    };
    EXPECT_EQ(move("t", 0, "/data"), ErrorCode::none);
    EXPECT_EQ(move("t", 9, "/data"), ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(move("nope", 0, "/data"), ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(move("nope", 0, "/elsewhere"), ErrorCode::log_dir_not_found);
    EXPECT_EQ(move("t", 0, "data"), ErrorCode::log_dir_not_found);
}

TEST_F(PartitionTableTest, A07_a_topic_created_again_begins_empty) {
    rig.create_topic("t", 1);
    EXPECT_EQ(rig.append("t", batch_of({"old"})).error, ErrorCode::none);
    rig.delete_topic("t");
    const Uuid id = rig.create_topic("t", 1);
    EXPECT_EQ(rig.partition("t")->topic_id(), id);
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{0});
    rig.restart();
    EXPECT_EQ(rig.partition("t")->topic_id(), id);
    EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{0});
}

TEST_F(PartitionTableTest, leadership_comes_and_goes) {
    rig.create_topic("t", 1);
    EXPECT_EQ(rig.append("t", batch_of({"a"})).error, ErrorCode::none);
    take_events();
    rig.move_leader("t", BrokerId{2});
    EXPECT_EQ(take_events(), (Names{"-t-0"}));
    EXPECT_EQ(rig.append("t", batch_of({"b"})).error, ErrorCode::not_leader_or_follower);
    rig.move_leader("t", BrokerId{1});
    EXPECT_EQ(take_events(), (Names{"+t-0"}));
    EXPECT_EQ(rig.partition("t")->leader_epoch(), LeaderEpoch{5});
    EXPECT_EQ(rig.partition("t")->high_watermark(), Offset{1});
    EXPECT_EQ(rig.append("t", batch_of({"b"})).base_offset, Offset{1});
    EXPECT_EQ(rig.partition("t")->epoch_at(Offset{0}), LeaderEpoch{3});
    EXPECT_EQ(rig.partition("t")->epoch_at(Offset{1}), LeaderEpoch{5});
}

TEST_F(PartitionTableTest, A05_settings_reach_the_logs) {
    rig.create_topic("t", 1);
    rig.create_topic("other", 1);
    const auto before = rig.cluster.image();
    rig.cluster.set_config(cluster::ConfigResourceType::topic, "t",
                           {{"max.message.bytes", "1000"}});
    rig.loop.run_until_done(rig.partitions->apply(before, rig.cluster.image()));
    EXPECT_EQ(rig.partition("t")->log().config().max_message_bytes, 1000);
    EXPECT_EQ(rig.partition("other")->log().config().max_message_bytes, 1048588);
    EXPECT_EQ(rig.append("t", batch_of({std::string(1000, 'x')})).error,
              ErrorCode::message_too_large);
}

TEST_F(PartitionTableTest, A05_settings_given_to_running_brokers_reach_the_logs) {
    using cluster::ConfigResourceType;
    rig.create_topic("t", 1);
    rig.create_topic("own", 1, {{"max.message.bytes", "1000"}});
    const auto set = [this](const std::string& broker, const cluster::ConfigMap& configs) {
        const auto before = rig.cluster.image();
        rig.cluster.set_config(ConfigResourceType::broker, broker, configs);
        rig.loop.run_until_done(rig.partitions->apply(before, rig.cluster.image()));
        return rig.partition("t")->log().config().max_message_bytes;
    };
    EXPECT_EQ(set("", {{"message.max.bytes", "2000"}}), 2000);
    EXPECT_EQ(set("1", {{"message.max.bytes", "3000"}}), 3000);
    EXPECT_EQ(set("2", {{"message.max.bytes", "4000"}}), 3000) << "another broker's";
    EXPECT_EQ(rig.partition("own")->log().config().max_message_bytes, 1000);
    EXPECT_EQ(set("1", {}), 2000);
    EXPECT_EQ(set("", {}), 1048588);
    set("", {{"log.retention.hours", "2"}});
    EXPECT_EQ(rig.partition("t")->log().config().retention_ms, 7'200'000);
}

TEST_F(PartitionTableTest, A09_partitions_are_added_while_records_come_in) {
    const Uuid id = rig.create_topic("t", 1);
    EXPECT_EQ(rig.append("t", batch_of({"a"})).error, ErrorCode::none);
    const auto first = rig.partition("t");
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(batch_of({"b"}));
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    rig.write_lane().stuck();
    const auto waiting = rig.spawn(first->append(request, -1, Nanos::max()));
    EXPECT_FALSE(waiting->has_value());
    rig.write_lane().release();
    const auto before = rig.cluster.image();
    auto larger = std::make_shared<cluster::TopicImage>(*before->topic("t"));
    larger->partitions.resize(3, larger->partitions[0]);
    rig.cluster.image_.topics.insert_or_assign("t", larger);
    rig.cluster.image_.topics_by_id.insert_or_assign(id, larger);
    rig.loop.run_until_done(rig.partitions->apply(before, rig.cluster.image()));
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->base_offset, Offset{1});
    EXPECT_EQ(rig.partition("t"), first);
    EXPECT_EQ(take_events(), (Names{"+t-0", "+t-1", "+t-2"})) << "nobody lost its leader";
    for (const bool again : {false, true}) {
        if (again) rig.restart();
        EXPECT_EQ(rig.partitions->size(), 3u);
        EXPECT_EQ(rig.partition("t")->log_end_offset(), Offset{2});
        for (int32_t index : {1, 2})
            EXPECT_EQ(rig.partition("t", index)->log_end_offset(), Offset{0});
    }
}

TEST_F(PartitionTableTest, L19_a_restart_continues_where_the_log_ends) {
    rig.create_topic("t", 1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.append("t", batch_of({"a"})).error, ErrorCode::none);
    rig.restart();
    EXPECT_EQ(rig.partition("t")->high_watermark(), Offset{3});
    EXPECT_EQ(rig.partition("t")->last_stable_offset(), Offset{3});
    EXPECT_EQ(rig.append("t", batch_of({"b"})).base_offset, Offset{3});
}

TEST_F(PartitionTableTest, X03_acks_all_waits_for_the_high_watermark) {
    rig.create_topic("t", 1);
    rig.write_lane().stuck();
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(batch_of({"a"}));
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    const auto partition = rig.partition("t");
    const auto waiting = rig.spawn(partition->append(request, -1, Nanos::max()));
    EXPECT_FALSE(waiting->has_value());
    EXPECT_EQ(partition->high_watermark(), Offset{0});
    rig.write_lane().release();
    rig.pass(1);
    ASSERT_TRUE(waiting->has_value());
    EXPECT_LT((*waiting)->last_offset, partition->high_watermark());
}

}  // namespace
}  // namespace barnabas::broker
