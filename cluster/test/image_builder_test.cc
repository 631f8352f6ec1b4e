// SPDX-License-Identifier: Apache-2.0
// ImageBuilder: snapshots and replay agree (R25), on random histories and on files that Apache
// Kafka wrote; records that cannot be are refused, newer ones too (A12).
#include "cluster/image_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "cluster/test/kafka_files.h"
#include "cluster/test/record_text.h"

namespace barnabas::cluster {
namespace {

using Records = std::vector<std::vector<uint8_t>>;

std::vector<uint8_t> framed(const MetadataRecord& record) {
    return encode_metadata_record(record, metadata_version_max);
}

std::shared_ptr<const MetadataImage> built(ImageBuilder& builder, int64_t offset = 0) {
    auto image = builder.build(Offset{offset}, LeaderEpoch{1});
    EXPECT_TRUE(image.has_value());
    return *image;
}

std::shared_ptr<const MetadataImage> replayed(const Records& records) {
    ImageBuilder builder;
    for (const auto& record : records) EXPECT_TRUE(builder.apply_framed(record).has_value());
    return built(builder);
}

void expect_same(const MetadataImage& a, const MetadataImage& b) {
    EXPECT_EQ(image_text(a), image_text(b));
    EXPECT_EQ(a.names_by_unified, b.names_by_unified);
    ASSERT_EQ(a.topics.size(), b.topics.size());
    ASSERT_EQ(a.topics.size(), a.topics_by_id.size());
    for (const auto& [name, topic] : a.topics) {
        EXPECT_EQ(topic->name, name);
        EXPECT_EQ(a.topic(topic->id), topic);
    }
}

// Makes records that may follow those made before.
class History {
  public:
    explicit History(uint64_t seed) : random_(seed) {}

    MetadataRecord next() {
        switch (random_.below(12)) {
            case 0:
            case 1:
                return topic();
            case 2:
            case 3:
            case 4:
                if (!topics_.empty()) return partition();
                return topic();
            case 5:
                if (auto change = partition_change()) return *change;
                return feature();
            case 6:
                if (random_.chance(1, 3) && !topics_.empty()) return remove_topic();
                return config();
            case 7:
                return broker();
            case 8:
                return producer_ids();
            case 9:
                return kept();
            case 10:
                return feature();
            default:
                return config();
        }
    }

  private:
    struct Topic {
        Uuid id;
        std::string name;
        int32_t partitions = 0;
    };
    Topic& any_topic() { return topics_[random_.below(topics_.size())]; }

    MetadataRecord topic() {
        const char* names[] = {"a.b{}", "a_b{}", "plain{}", "x-{}"};
        Topic created{random_.uuid(), fmt::format(fmt::runtime(names[random_.below(4)]), ++count_),
                      0};
        protocol::TopicRecord record;
        record.name = Text(created.name);
        record.topic_id = created.id;
        topics_.push_back(created);
        return record;
    }
    MetadataRecord partition() {
        Topic& topic = any_topic();
        protocol::PartitionRecord record;
        record.partition_id = PartitionIndex{topic.partitions++};
        record.topic_id = topic.id;
        record.replicas = {BrokerId{1}, BrokerId{2}};
        record.isr = {1};
        record.leader = BrokerId{1};
        record.leader_epoch = LeaderEpoch{0};
        record.partition_epoch = 0;
        record.directories = {random_.uuid(), Uuid{}};
        if (random_.chance(1, 2)) record.last_known_elr = std::vector{BrokerId{2}};
        return record;
    }
    std::optional<MetadataRecord> partition_change() {
        if (topics_.empty()) return std::nullopt;
        const Topic& topic = any_topic();
        if (topic.partitions == 0) return std::nullopt;
        protocol::PartitionChangeRecord record;
        record.topic_id = topic.id;
        record.partition_id =
            PartitionIndex{static_cast<int32_t>(random_.below(uint64_t(topic.partitions)))};
        if (random_.chance(1, 2)) record.leader = BrokerId{int32_t(random_.below(3)) - 1};
        if (random_.chance(1, 2)) record.isr = std::vector{BrokerId{2}};
        if (random_.chance(1, 3)) record.eligible_leader_replicas = std::vector{BrokerId{1}};
        if (random_.chance(1, 3)) record.leader_recovery_state = 1;
        if (random_.chance(1, 3)) record.adding_replicas = std::vector{BrokerId{3}};
        return record;
    }
    MetadataRecord remove_topic() {
        const size_t index = random_.below(topics_.size());
        protocol::RemoveTopicRecord record;
        record.topic_id = topics_[index].id;
        topics_.erase(topics_.begin() + static_cast<std::ptrdiff_t>(index));
        return record;
    }
    MetadataRecord config() {
        protocol::ConfigRecord record;
        const bool of_topic = !topics_.empty() && random_.chance(1, 2);
        record.resource_type = of_topic ? 2 : 4;
        record.resource_name = Text(of_topic ? any_topic().name : random_.chance(1, 2) ? "1" : "");
        record.name = Text(fmt::format("key{}", random_.below(4)));
        record.value.reset();
        if (random_.chance(2, 3)) record.value = Text(fmt::format("v{}", random_.below(9)));
        return record;
    }
    MetadataRecord broker() {
        if (epoch_ > 0 && random_.chance(2, 3)) {
            protocol::BrokerRegistrationChangeRecord record;
            record.broker_id = BrokerId{1};
            record.broker_epoch = epoch_;
            record.fenced = static_cast<int8_t>(random_.below(3)) - 1;
            record.in_controlled_shutdown = static_cast<int8_t>(random_.below(2));
            if (random_.chance(1, 2)) record.log_dirs = {random_.uuid()};
            return record;
        }
        protocol::RegisterBrokerRecord record;
        record.broker_id = BrokerId{1};
        record.broker_epoch = ++epoch_;
        record.incarnation_id = random_.uuid();
        record.rack.reset();
        if (random_.chance(1, 2)) record.rack = Text("r");
        record.end_points.emplace_back().host = Text("h");
        return record;
    }
    MetadataRecord producer_ids() {
        protocol::ProducerIdsRecord record;
        record.next_producer_id = ProducerId{next_producer_id_ += 1000};
        return record;
    }
    MetadataRecord feature() {
        protocol::FeatureLevelRecord record;
        record.name = Text(fmt::format("f{}", random_.below(3)));
        record.feature_level = static_cast<int16_t>(random_.below(3));
        return record;
    }
    MetadataRecord kept() {
        if (random_.chance(1, 2)) {
            protocol::UserScramCredentialRecord record;
            record.name = Text(fmt::format("u{}", random_.below(3)));
            record.mechanism = 1;
            record.iterations = static_cast<int32_t>(random_.below(9000));
            return record;
        }
        protocol::ClientQuotaRecord record;
        auto& entity = record.entity.emplace_back();
        entity.entity_type = Text("user");
        entity.entity_name.reset();
        if (random_.chance(1, 2)) entity.entity_name = Text("me");
        record.key = Text("producer_byte_rate");
        record.value = static_cast<double>(random_.below(100));
        record.remove = random_.chance(1, 3);
        return record;
    }

    Random random_;
    std::vector<Topic> topics_;
    int count_ = 0;
    int64_t epoch_ = 0;
    int64_t next_producer_id_ = 0;
};

TEST(ImageBuilder, R25_snapshot_and_deltas_equal_replay) {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        History history(seed);
        Random random(seed + 1000);
        Records log;
        ImageBuilder live;                                         // one builder for everything
        std::shared_ptr<const MetadataImage> image = built(live);  // a new one for each change
        for (int step = 0; step < 400; ++step) {
            const MetadataRecord record = history.next();
            log.push_back(framed(record));
            ASSERT_TRUE(live.apply(record).has_value());
            if (random.chance(1, 3)) image = built(live, step);
            if (random.chance(1, 40)) {
                const auto from_snapshot = replayed(image_records(*built(live, step)));
                expect_same(*from_snapshot, *built(live, step));
            }
        }
        const auto live_image = built(live);
        expect_same(*live_image, *replayed(log));
        expect_same(*live_image, *replayed(image_records(*live_image)));
    }
}

TEST(ImageBuilder, R25_images_never_change_once_built) {
    History history(7);
    ImageBuilder builder;
    std::vector<std::pair<std::shared_ptr<const MetadataImage>, Records>> images;
    for (int step = 0; step < 500; ++step) {
        ASSERT_TRUE(builder.apply(history.next()).has_value());
        if (step % 10 != 0) continue;
        const auto image = built(builder, step);
        images.emplace_back(image, image_records(*image));
    }
    for (const auto& [image, records] : images) EXPECT_EQ(image_records(*image), records);
}

TEST(ImageBuilder, R25_agrees_with_a_snapshot_of_apache_kafka) {
    ImageBuilder from_log, from_snapshot;
    for (const FileRecord& record :
         read_batches(read_test_file("kafka_4_3/00000000000000000000.log")))
        if (!record.control && record.offset < Offset{55})
            ASSERT_TRUE(from_log.apply_framed(record.value).has_value()) << record.offset.value;
    for (const FileRecord& record :
         read_batches(read_test_file("kafka_4_3/00000000000000000055-0000000002.checkpoint")))
        if (!record.control) ASSERT_TRUE(from_snapshot.apply_framed(record.value).has_value());
    const auto image = built(from_log);
    expect_same(*image, *built(from_snapshot));
    EXPECT_EQ(image->topics.size(), 1u);
    EXPECT_EQ(image->topic("orders")->partitions.size(), 5u);
    EXPECT_EQ(image->next_producer_id, 1000);
    EXPECT_EQ(image->config(ConfigResourceType::topic, "orders")->at("retention.ms"), "5000");
    EXPECT_EQ(image->features.at("metadata.version"), 30);
    EXPECT_EQ(image->kept.size(), 3u);  // a controller, a quota, a credential
}

TEST(ImageBuilder, writes_records_as_apache_kafka_does) {
    // Every record of Kafka's log that is in its newest version comes out byte for byte.
    int compared = 0;
    for (const FileRecord& record :
         read_batches(read_test_file("kafka_4_3/00000000000000000000.log"))) {
        if (record.control) continue;
        const auto decoded = decode_metadata_record(record.value);
        ASSERT_TRUE(decoded.has_value());
        if (std::holds_alternative<protocol::BrokerRegistrationChangeRecord>(*decoded)) continue;
        EXPECT_EQ(framed(*decoded), record.value) << record.offset.value;
        ++compared;
    }
    EXPECT_GT(compared, 30);
}

TEST(ImageBuilder, transactions_show_all_or_nothing) {
    for (const bool commit : {false, true}) {
        History history(3);
        ImageBuilder builder;
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(builder.apply(history.next()).has_value());
        const auto before = image_text(*built(builder));
        ASSERT_TRUE(builder.apply(protocol::BeginTransactionRecord{}).has_value());
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(builder.apply(history.next()).has_value());
        EXPECT_TRUE(builder.in_transaction());
        EXPECT_EQ(image_text(*built(builder, 77)), before);
        EXPECT_EQ(built(builder, 77)->offset, Offset{77});
        if (commit) {
            ASSERT_TRUE(builder.apply(protocol::EndTransactionRecord{}).has_value());
            EXPECT_NE(image_text(*built(builder)), before);
        } else {
            ASSERT_TRUE(builder.apply(protocol::AbortTransactionRecord{}).has_value());
            EXPECT_EQ(image_text(*built(builder)), before);
        }
        EXPECT_FALSE(builder.in_transaction());
        EXPECT_FALSE(builder.apply(protocol::EndTransactionRecord{}).has_value());
        EXPECT_FALSE(builder.apply(protocol::AbortTransactionRecord{}).has_value());
    }
}

TEST(ImageBuilder, A12_refuses_what_a_newer_program_wrote) {
    const auto code_of = [](std::vector<uint8_t> value) {
        ImageBuilder builder;
        const auto result = builder.apply_framed(value);
        return result ? ErrorCode::none : result.error().code;
    };
    EXPECT_EQ(code_of({1, 20, 0, 0}), ErrorCode::none);
    EXPECT_EQ(code_of({1, 29, 0, 0}), ErrorCode::unsupported_version);  // a type
    EXPECT_EQ(code_of({1, 6, 0, 0}), ErrorCode::unsupported_version);   // one that never was
    EXPECT_EQ(code_of({1, 20, 1, 0}), ErrorCode::unsupported_version);  // a version
    EXPECT_EQ(code_of({2, 20, 0, 0}), ErrorCode::unsupported_version);  // a frame
    EXPECT_EQ(code_of({1, 20, 0}), ErrorCode::corrupt_message);
    EXPECT_EQ(code_of({}), ErrorCode::corrupt_message);
    protocol::FeatureLevelRecord feature;
    feature.name = Text("metadata.version");
    feature.feature_level = 31;
    EXPECT_EQ(code_of(framed(feature)), ErrorCode::unsupported_version);
    feature.feature_level = 6;
    EXPECT_EQ(code_of(framed(feature)), ErrorCode::unsupported_version);
}

TEST(ImageBuilder, refuses_records_that_contradict_the_image) {
    ImageBuilder builder;
    protocol::TopicRecord topic;
    topic.name = Text("t");
    topic.topic_id = Uuid{{1}};
    ASSERT_TRUE(builder.apply(topic).has_value());
    const auto image = built(builder);
    const auto refuses = [&](const MetadataRecord& record) {
        ImageBuilder copy(*image);
        const auto result = copy.apply(record);
        return !result && result.error().code == ErrorCode::corrupt_message;
    };
    EXPECT_TRUE(refuses(topic));
    topic.topic_id = Uuid{{2}};
    EXPECT_TRUE(refuses(topic));
    protocol::PartitionRecord partition;
    partition.topic_id = Uuid{{3}};
    partition.partition_id = PartitionIndex{0};
    partition.partition_epoch = 0;
    partition.replicas = {BrokerId{1}};
    EXPECT_TRUE(refuses(partition));
    partition.topic_id = Uuid{{1}};
    EXPECT_FALSE(refuses(partition));
    partition.partition_id = PartitionIndex{INT32_MAX};
    EXPECT_TRUE(refuses(partition));
    partition.partition_id = PartitionIndex{-1};
    EXPECT_TRUE(refuses(partition));
    protocol::PartitionChangeRecord change;
    change.topic_id = Uuid{{1}};
    change.partition_id = PartitionIndex{0};
    EXPECT_TRUE(refuses(change));
    protocol::RemoveTopicRecord removal;
    removal.topic_id = Uuid{{9}};
    EXPECT_TRUE(refuses(removal));
    EXPECT_TRUE(refuses(protocol::UnregisterBrokerRecord{}));
    EXPECT_TRUE(refuses(protocol::FenceBrokerRecord{}));
    // A partition that is left out is noticed when the image is made.
    partition.partition_id = PartitionIndex{1};
    ASSERT_TRUE(builder.apply(partition).has_value());
    EXPECT_FALSE(builder.build(Offset{1}, LeaderEpoch{1}).has_value());
}

TEST(ImageBuilder, every_record_type_is_read) {
    // One of each, default values: each is applied or refused for what it says, none for its type.
    size_t types = 0;
    const auto each = [&]<size_t... I>(std::index_sequence<I...>) {
        const auto one = [&](const MetadataRecord& record) {
            ++types;
            ImageBuilder builder;
            const auto result = builder.apply_framed(framed(record));
            if (!result) EXPECT_NE(result.error().code, ErrorCode::unsupported_version) << types;
        };
        (one(std::variant_alternative_t<I, MetadataRecord>{}), ...);
    };
    each(std::make_index_sequence<std::variant_size_v<MetadataRecord>>{});
    EXPECT_EQ(types, 26u);
}

}  // namespace
}  // namespace barnabas::cluster
