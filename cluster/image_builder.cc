// SPDX-License-Identifier: Apache-2.0
// Applying metadata records: topics, partitions, configs, features and metadata transactions.
// Brokers and kept records are in image_builder_brokers.cc. Bytes come from a disk: what
// contradicts itself is an Error.
#include "cluster/image_builder.h"

#include <algorithm>

namespace barnabas::cluster {

namespace {

// More partitions than any topic can have; bounds what a damaged index may make us allocate.
constexpr int32_t partitions_max = 1'000'000;
// PartitionChangeRecord's "leader stays".
constexpr BrokerId leader_unchanged{-2};

std::vector<BrokerId> to_brokers(const std::vector<int32_t>& ids) {
    std::vector<BrokerId> result;
    for (const int32_t id : ids) result.emplace_back(id);
    return result;
}

// A partition that was skipped by an index and never filled in.
bool is_hole(const PartitionImage& partition) {
    return partition.replicas.empty() && partition.partition_epoch < 0;
}

PartitionImage hole() {
    PartitionImage partition;
    partition.partition_epoch = -1;
    return partition;
}

void change_partition(PartitionImage& partition, const protocol::PartitionChangeRecord& change) {
    if (change.isr) partition.isr = *change.isr;
    if (change.leader != leader_unchanged) {
        partition.leader = change.leader;
        ++partition.leader_epoch.value;
    }
    if (change.replicas) partition.replicas = *change.replicas;
    if (change.removing_replicas) partition.removing_replicas = *change.removing_replicas;
    if (change.adding_replicas) partition.adding_replicas = *change.adding_replicas;
    if (change.leader_recovery_state != -1)
        partition.leader_recovery_state = change.leader_recovery_state;
    if (change.directories) partition.directories = *change.directories;
    if (change.eligible_leader_replicas)
        partition.eligible_leader_replicas = *change.eligible_leader_replicas;
    if (change.last_known_elr) partition.last_known_elr = *change.last_known_elr;
    ++partition.partition_epoch;
}

}  // namespace

std::string unified_name(std::string_view name) {
    std::string unified(name);
    std::ranges::replace(unified, '.', '_');
    return unified;
}

bool has_collision_chars(std::string_view name) {
    return name.find_first_of("._") != std::string_view::npos;
}

Result<void> ImageBuilder::apply(const MetadataRecord& record) {
    return std::visit([this](const auto& held) { return on(held); }, record);
}

Result<void> ImageBuilder::apply_framed(Bytes value) {
    TRY_ASSIGN(const MetadataRecord record, decode_metadata_record(value));
    return apply(record);
}

Result<std::shared_ptr<const MetadataImage>> ImageBuilder::build(Offset offset, LeaderEpoch epoch) {
    TRY(close_topics());
    edit_ = MapEdit{};
    image_.offset = offset;
    image_.epoch = epoch;
    if (!in_transaction_) return std::make_shared<const MetadataImage>(image_);
    before_transaction_.offset = offset;
    before_transaction_.epoch = epoch;
    return std::make_shared<const MetadataImage>(before_transaction_);
}

void ImageBuilder::set_kraft_version(int16_t version) {
    if (version > 0)
        image_.features["kraft.version"] = version;
    else
        image_.features.erase("kraft.version");
}

TopicImage* ImageBuilder::open_topic(const Uuid& id) {
    if (const auto open = open_topics_.find(id); open != open_topics_.end())
        return open->second.get();
    const auto found = image_.topics_by_id.find(id);
    if (found == image_.topics_by_id.end()) return nullptr;
    return (open_topics_[id] = std::make_shared<TopicImage>(*found->second)).get();
}

Result<void> ImageBuilder::close_topics() {
    for (auto& [id, topic] : open_topics_) {
        if (std::ranges::any_of(topic->partitions, is_hole))
            return fail(ErrorCode::corrupt_message, "metadata: a partition is missing");
        const std::shared_ptr<const TopicImage> closed = std::move(topic);
        image_.topics.insert_or_assign(closed->name, closed, edit_);
        image_.topics_by_id.insert_or_assign(id, closed, edit_);
    }
    open_topics_.clear();
    return {};
}

Result<void> ImageBuilder::on(const protocol::TopicRecord& record) {
    const std::string name = record.name.str();
    if (const auto known = image_.topic(name); known && known->id != record.topic_id)
        return fail(ErrorCode::corrupt_message, "metadata: a topic's name is used twice");
    if (open_topic(record.topic_id) != nullptr)
        return fail(ErrorCode::corrupt_message, "metadata: a topic's id is used twice");
    auto topic = std::make_shared<TopicImage>();
    topic->name = name;
    topic->id = record.topic_id;
    // Entered at once, so that a second topic of that name is noticed before the next build.
    image_.topics.insert_or_assign(name, topic, edit_);
    image_.topics_by_id.insert_or_assign(topic->id, topic, edit_);
    if (has_collision_chars(name))
        image_.names_by_unified.insert_or_assign(unified_name(name), name, edit_);
    open_topics_[topic->id] = std::make_shared<TopicImage>(*topic);
    return {};
}

Result<void> ImageBuilder::on(const protocol::PartitionRecord& record) {
    TopicImage* topic = open_topic(record.topic_id);
    if (topic == nullptr)
        return fail(ErrorCode::corrupt_message, "metadata: a partition of no topic");
    const int32_t index = record.partition_id.value;
    if (index < 0 || index >= partitions_max || record.replicas.empty() ||
        record.partition_epoch < 0)
        return fail(ErrorCode::corrupt_message, "metadata: a partition that cannot be");
    const auto at = static_cast<size_t>(index);
    if (topic->partitions.size() <= at) topic->partitions.resize(at + 1, hole());
    PartitionImage& partition = topic->partitions[at];
    partition = PartitionImage{};
    partition.replicas = record.replicas;
    partition.isr = to_brokers(record.isr);
    partition.removing_replicas = record.removing_replicas;
    partition.adding_replicas = record.adding_replicas;
    partition.leader = record.leader;
    partition.leader_recovery_state = record.leader_recovery_state;
    partition.leader_epoch = record.leader_epoch;
    partition.partition_epoch = record.partition_epoch;
    partition.directories = record.directories;
    if (record.eligible_leader_replicas)
        partition.eligible_leader_replicas = *record.eligible_leader_replicas;
    if (record.last_known_elr) partition.last_known_elr = *record.last_known_elr;
    return {};
}

Result<void> ImageBuilder::on(const protocol::PartitionChangeRecord& record) {
    TopicImage* topic = open_topic(record.topic_id);
    const auto index = static_cast<size_t>(record.partition_id.value);
    if (topic == nullptr || record.partition_id.value < 0 || index >= topic->partitions.size() ||
        is_hole(topic->partitions[index]))
        return fail(ErrorCode::corrupt_message, "metadata: a change of no partition");
    change_partition(topic->partitions[index], record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::RemoveTopicRecord& record) {
    const auto found = image_.topics_by_id.find(record.topic_id);
    if (found == image_.topics_by_id.end())
        return fail(ErrorCode::corrupt_message, "metadata: removal of no topic");
    const std::string name = found->second->name;
    open_topics_.erase(record.topic_id);
    image_.topics_by_id.erase(record.topic_id, edit_);
    image_.topics.erase(name, edit_);
    image_.configs.erase(ConfigResource{ConfigResourceType::topic, name}, edit_);
    const std::string unified = unified_name(name);
    const auto entry = image_.names_by_unified.find(unified);
    if (entry != image_.names_by_unified.end() && entry->second == name)
        image_.names_by_unified.erase(unified, edit_);
    return {};
}

Result<void> ImageBuilder::on(const protocol::ConfigRecord& record) {
    const ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type),
                                  record.resource_name.str()};
    const auto found = image_.configs.find(resource);
    auto configs = found == image_.configs.end() ? std::make_shared<ConfigMap>()
                                                 : std::make_shared<ConfigMap>(*found->second);
    if (record.value)
        configs->insert_or_assign(record.name.str(), record.value->str());
    else
        configs->erase(record.name.str());
    if (configs->empty())
        image_.configs.erase(resource, edit_);
    else
        image_.configs.insert_or_assign(resource, std::move(configs), edit_);
    return {};
}

Result<void> ImageBuilder::on(const protocol::FeatureLevelRecord& record) {
    const std::string name = record.name.str();
    const int16_t level = record.feature_level;
    if (name == "metadata.version" &&
        (level < metadata_version_min || level > metadata_version_max))
        return fail(ErrorCode::unsupported_version, "metadata.version");
    if (level == 0)
        image_.features.erase(name);
    else
        image_.features[name] = level;
    return {};
}

Result<void> ImageBuilder::on(const protocol::ProducerIdsRecord& record) {
    if (record.next_producer_id.value < image_.next_producer_id)
        return fail(ErrorCode::corrupt_message, "metadata: producer ids go back");
    image_.next_producer_id = record.next_producer_id.value;
    return {};
}

void ImageBuilder::clear_elr(const Uuid& topic_id) {
    for (PartitionImage& partition : open_topic(topic_id)->partitions) {
        if (partition.eligible_leader_replicas.empty() && partition.last_known_elr.empty())
            continue;
        partition.eligible_leader_replicas.clear();
        partition.last_known_elr.clear();
        ++partition.partition_epoch;
    }
}

Result<void> ImageBuilder::on(const protocol::ClearElrRecord& record) {
    if (!record.topic_name.empty()) {
        const auto topic = image_.topic(record.topic_name);
        if (!topic) return fail(ErrorCode::corrupt_message, "metadata: ClearElr of no topic");
        clear_elr(topic->id);
        return {};
    }
    for (const auto& [id, topic] : image_.topics_by_id) clear_elr(id);
    return {};
}

Result<void> ImageBuilder::on(const protocol::NoOpRecord&) {
    return {};
}

// Left over from clusters that once used ZooKeeper; nothing follows from it since Kafka 4.0.
Result<void> ImageBuilder::on(const protocol::ZkMigrationStateRecord&) {
    return {};
}

Result<void> ImageBuilder::on(const protocol::BeginTransactionRecord&) {
    if (in_transaction_)
        return fail(ErrorCode::corrupt_message, "metadata: a transaction within a transaction");
    TRY(close_topics());
    edit_ = MapEdit{};
    before_transaction_ = image_;
    in_transaction_ = true;
    return {};
}

Result<void> ImageBuilder::on(const protocol::EndTransactionRecord&) {
    if (!in_transaction_)
        return fail(ErrorCode::corrupt_message, "metadata: the end of no transaction");
    in_transaction_ = false;
    before_transaction_ = MetadataImage{};
    return {};
}

Result<void> ImageBuilder::on(const protocol::AbortTransactionRecord&) {
    if (!in_transaction_)
        return fail(ErrorCode::corrupt_message, "metadata: the abort of no transaction");
    in_transaction_ = false;
    open_topics_.clear();
    image_ = std::move(before_transaction_);
    before_transaction_ = MetadataImage{};
    edit_ = MapEdit{};
    return {};
}

}  // namespace barnabas::cluster
