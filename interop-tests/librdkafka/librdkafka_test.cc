// SPDX-License-Identifier: Apache-2.0
// librdkafka against a running broker, whose address is in BARNABAS_BOOTSTRAP: production with
// every codec and kind of acks, partitioning by key, groups, offsets by time, topic administration.
// Started by the `run` beside it; starts no broker itself.
#include <gtest/gtest.h>
#include <librdkafka/rdkafkacpp.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using Settings = std::map<std::string, std::string>;

std::string bootstrap() {
    const char* address = std::getenv("BARNABAS_BOOTSTRAP");
    return address == nullptr ? "127.0.0.1:9092" : address;
}

std::unique_ptr<RdKafka::Conf> make_conf(Settings settings) {
    std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
    settings.emplace("bootstrap.servers", bootstrap());
    std::string error;
    for (const auto& [key, value] : settings)
        EXPECT_EQ(conf->set(key, value, error), RdKafka::Conf::CONF_OK) << error;
    return conf;
}

struct Delivered : RdKafka::DeliveryReportCb {
    std::map<int32_t, std::vector<int64_t>> offsets;  // by partition, in order of the reports
    std::map<std::string, std::set<int32_t>> partitions_of_key;
    int failed = 0;
    void dr_cb(RdKafka::Message& message) override {
        if (message.err() != RdKafka::ERR_NO_ERROR) {
            ++failed;
            return;
        }
        offsets[message.partition()].push_back(message.offset());
        if (message.key() != nullptr) partitions_of_key[*message.key()].insert(message.partition());
    }
    size_t total() const {
        size_t count = 0;
        for (const auto& [partition, list] : offsets) count += list.size();
        return count;
    }
};

std::string unique_topic(const std::string& name) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    return "rdkafka-" + name + "-" + std::to_string(now);
}

// Sends `count` records ("k<i % 37>" -> "value <i>") and waits for all reports.
void produce(const std::string& topic, int count, Settings settings, Delivered& delivered) {
    auto conf = make_conf(std::move(settings));
    std::string error;
    ASSERT_EQ(conf->set("dr_cb", &delivered, error), RdKafka::Conf::CONF_OK) << error;
    std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
    ASSERT_TRUE(producer) << error;
    for (int i = 0; i < count; ++i) {
        const auto key = "k" + std::to_string(i % 37);
        auto value = "value " + std::to_string(i);
        const auto sent =
            producer->produce(topic, RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY,
                              value.data(), value.size(), key.data(), key.size(), 0, nullptr);
        ASSERT_EQ(sent, RdKafka::ERR_NO_ERROR) << RdKafka::err2str(sent);
        producer->poll(0);
    }
    ASSERT_EQ(producer->flush(30000), RdKafka::ERR_NO_ERROR);
}

// Reads with a group until `count` records came or ten seconds passed without one.
std::vector<std::string> consume(const std::string& topic, const std::string& group, size_t count,
                                 Settings settings = {}) {
    settings.emplace("group.id", group);
    settings.emplace("auto.offset.reset", "earliest");
    settings.emplace("check.crcs", "true");
    auto conf = make_conf(std::move(settings));
    std::string error;
    std::unique_ptr<RdKafka::KafkaConsumer> consumer(
        RdKafka::KafkaConsumer::create(conf.get(), error));
    EXPECT_TRUE(consumer) << error;
    consumer->subscribe({topic});
    std::vector<std::string> values;
    for (int quiet = 0; values.size() < count && quiet < 20;) {
        std::unique_ptr<RdKafka::Message> message(consumer->consume(500));
        if (message->err() != RdKafka::ERR_NO_ERROR) {
            ++quiet;
            continue;
        }
        quiet = 0;
        values.emplace_back(static_cast<const char*>(message->payload()), message->len());
    }
    consumer->commitSync();
    consumer->close();
    return values;
}

class Codec : public testing::TestWithParam<std::string> {};

TEST_P(Codec, every_record_comes_back_once) {
    const auto topic = unique_topic(GetParam());
    Delivered delivered;
    produce(topic, 5000, {{"compression.codec", GetParam()}, {"linger.ms", "5"}}, delivered);
    EXPECT_EQ(delivered.failed, 0);
    EXPECT_EQ(delivered.total(), 5000u);
    auto values = consume(topic, topic, 5000);
    EXPECT_EQ(std::set<std::string>(values.begin(), values.end()).size(), 5000u);
    EXPECT_EQ(values.size(), 5000u);
}
INSTANTIATE_TEST_SUITE_P(All, Codec, testing::Values("none", "gzip", "snappy", "lz4", "zstd"));

TEST(Produce, offsets_are_dense_and_keys_stay_in_their_partition) {
    const auto topic = unique_topic("dense");
    Delivered delivered;
    produce(topic, 3000, {{"enable.idempotence", "true"}, {"linger.ms", "1"}}, delivered);
    ASSERT_EQ(delivered.total(), 3000u);
    EXPECT_GT(delivered.offsets.size(), 1u);
    for (const auto& [partition, offsets] : delivered.offsets)
        for (size_t i = 0; i < offsets.size(); ++i)
            ASSERT_EQ(offsets[i], static_cast<int64_t>(i)) << "partition " << partition;
    for (const auto& [key, partitions] : delivered.partitions_of_key)
        EXPECT_EQ(partitions.size(), 1u) << key;
}

TEST(Produce, acks_zero_and_one) {
    for (const auto* acks : {"0", "1"}) {
        const auto topic = unique_topic(std::string("acks") + acks);
        Delivered delivered;
        produce(topic, 500, {{"acks", acks}}, delivered);
        EXPECT_EQ(delivered.failed, 0);
        EXPECT_EQ(consume(topic, topic, 500).size(), 500u) << "acks=" << acks;
    }
}

TEST(Produce, too_large_a_record_is_refused_by_name) {
    Delivered delivered;
    auto conf = make_conf({{"message.max.bytes", "5000000"}});
    std::string error;
    struct First : RdKafka::DeliveryReportCb {
        RdKafka::ErrorCode code = RdKafka::ERR_NO_ERROR;
        void dr_cb(RdKafka::Message& message) override { code = message.err(); }
    } first;
    conf->set("dr_cb", &first, error);
    std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
    ASSERT_TRUE(producer) << error;
    std::string big(2'000'000, 'x');
    producer->produce(unique_topic("big"), 0, RdKafka::Producer::RK_MSG_COPY, big.data(),
                      big.size(), nullptr, 0, 0, nullptr);
    producer->flush(20000);
    EXPECT_EQ(first.code, RdKafka::ERR_MSG_SIZE_TOO_LARGE) << RdKafka::err2str(first.code);
}

TEST(Group, resumes_where_it_committed) {
    const auto topic = unique_topic("resume");
    Delivered delivered;
    produce(topic, 1000, {}, delivered);
    const auto first = consume(topic, topic, 400, {{"enable.auto.offset.store", "true"}});
    ASSERT_GE(first.size(), 400u);
    const auto rest = consume(topic, topic, 1000 - first.size());
    std::set<std::string> all(first.begin(), first.end());
    all.insert(rest.begin(), rest.end());
    EXPECT_EQ(all.size(), 1000u);
    EXPECT_EQ(first.size() + rest.size(), 1000u);
}

TEST(Group, two_members_share_the_partitions) {
    const auto topic = unique_topic("share");
    Delivered delivered;
    produce(topic, 600, {}, delivered);
    std::vector<std::unique_ptr<RdKafka::KafkaConsumer>> members;
    std::string error;
    for (int i = 0; i < 2; ++i) {
        auto conf = make_conf({{"group.id", topic}, {"auto.offset.reset", "earliest"}});
        members.emplace_back(RdKafka::KafkaConsumer::create(conf.get(), error));
        ASSERT_TRUE(members.back()) << error;
        members.back()->subscribe({topic});
    }
    std::set<int32_t> owned[2];
    for (int round = 0; round < 200 && (owned[0].size() != 3 || owned[1].size() != 3); ++round) {
        for (int i = 0; i < 2; ++i) {
            std::unique_ptr<RdKafka::Message> message(members[i]->consume(50));
            std::vector<RdKafka::TopicPartition*> assignment;
            members[i]->assignment(assignment);
            owned[i].clear();
            for (const auto* part : assignment) owned[i].insert(part->partition());
            RdKafka::TopicPartition::destroy(assignment);
        }
    }
    EXPECT_EQ(owned[0].size(), 3u);
    EXPECT_EQ(owned[1].size(), 3u);
    for (const auto partition : owned[0]) EXPECT_FALSE(owned[1].contains(partition));
    for (auto& member : members) member->close();
}

TEST(Offsets, by_time_and_watermarks) {
    const auto topic = unique_topic("time");
    Delivered delivered;
    produce(topic, 370, {}, delivered);
    auto conf = make_conf({});
    std::string error;
    std::unique_ptr<RdKafka::Producer> client(RdKafka::Producer::create(conf.get(), error));
    ASSERT_TRUE(client) << error;
    for (const auto& [partition, offsets] : delivered.offsets) {
        int64_t low = -9, high = -9;
        ASSERT_EQ(client->query_watermark_offsets(topic, partition, &low, &high, 5000),
                  RdKafka::ERR_NO_ERROR);
        EXPECT_EQ(low, 0);
        EXPECT_EQ(high, static_cast<int64_t>(offsets.size()));
    }
    std::unique_ptr<RdKafka::TopicPartition> at(
        RdKafka::TopicPartition::create(topic, delivered.offsets.begin()->first, 1));
    std::vector<RdKafka::TopicPartition*> times{at.get()};
    ASSERT_EQ(client->offsetsForTimes(times, 5000), RdKafka::ERR_NO_ERROR);
    EXPECT_EQ(at->offset(), 0);
}

}  // namespace
