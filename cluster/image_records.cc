// SPDX-License-Identifier: Apache-2.0
// The records of an image: what a snapshot holds, in the order in which Kafka writes them (features
// first, because they decide how the rest is read). Runs on any thread, on an image that never
// changes.
#include "cluster/image_builder.h"

namespace barnabas::cluster {

namespace {

class RecordList {
  public:
    explicit RecordList(int16_t metadata_version) : metadata_version_(metadata_version) {}
    void add(const MetadataRecord& record) {
        records_.push_back(encode_metadata_record(record, metadata_version_));
    }
    void add_framed(const std::vector<uint8_t>& record) { records_.push_back(record); }
    std::vector<std::vector<uint8_t>> take() { return std::move(records_); }

  private:
    int16_t metadata_version_;
    std::vector<std::vector<uint8_t>> records_;
};

void add_features(RecordList& list, const std::map<std::string, int16_t>& features) {
    const auto add = [&](const std::string& name, int16_t level) {
        protocol::FeatureLevelRecord record;
        record.name = Text::borrow(name);
        record.feature_level = level;
        list.add(record);
    };
    if (const auto found = features.find("metadata.version"); found != features.end())
        add(found->first, found->second);
    for (const auto& [name, level] : features)
        if (name != "metadata.version" && name != "kraft.version") add(name, level);
}

void add_broker(RecordList& list, const BrokerImage& broker) {
    protocol::RegisterBrokerRecord record;
    record.broker_id = broker.id;
    record.incarnation_id = broker.incarnation_id;
    record.broker_epoch = broker.epoch;
    for (const BrokerEndpoint& from : broker.endpoints) {
        auto& endpoint = record.end_points.emplace_back();
        endpoint.name = Text::borrow(from.listener);
        endpoint.host = Text::borrow(from.host);
        endpoint.port = from.port;
        endpoint.security_protocol = from.security_protocol;
    }
    for (const FeatureRange& from : broker.features) {
        auto& feature = record.features.emplace_back();
        feature.name = Text::borrow(from.name);
        feature.min_supported_version = from.min;
        feature.max_supported_version = from.max;
    }
    record.rack.reset();
    if (broker.rack) record.rack = Text::borrow(*broker.rack);
    record.fenced = broker.fenced;
    record.in_controlled_shutdown = broker.in_controlled_shutdown;
    record.log_dirs = broker.log_dirs;
    record.cordoned_log_dirs = broker.cordoned_log_dirs;
    list.add(record);
}

void add_partition(RecordList& list, const TopicImage& topic, size_t index) {
    const PartitionImage& partition = topic.partitions[index];
    protocol::PartitionRecord record;
    record.partition_id = PartitionIndex{static_cast<int32_t>(index)};
    record.topic_id = topic.id;
    record.replicas = partition.replicas;
    for (const BrokerId id : partition.isr) record.isr.push_back(id.value);
    record.removing_replicas = partition.removing_replicas;
    record.adding_replicas = partition.adding_replicas;
    record.leader = partition.leader;
    record.leader_recovery_state = partition.leader_recovery_state;
    record.leader_epoch = partition.leader_epoch;
    record.partition_epoch = partition.partition_epoch;
    record.directories = partition.directories;
    if (!partition.eligible_leader_replicas.empty())
        record.eligible_leader_replicas = partition.eligible_leader_replicas;
    if (!partition.last_known_elr.empty()) record.last_known_elr = partition.last_known_elr;
    list.add(record);
}

void add_topic(RecordList& list, const TopicImage& topic) {
    protocol::TopicRecord record;
    record.name = Text::borrow(topic.name);
    record.topic_id = topic.id;
    list.add(record);
    for (size_t index = 0; index < topic.partitions.size(); ++index)
        add_partition(list, topic, index);
}

void add_configs(RecordList& list, const ConfigResource& resource, const ConfigMap& configs) {
    for (const auto& [name, value] : configs) {
        protocol::ConfigRecord record;
        record.resource_type = static_cast<int8_t>(resource.type);
        record.resource_name = Text::borrow(resource.name);
        record.name = Text::borrow(name);
        record.value = Text::borrow(value);
        list.add(record);
    }
}

}  // namespace

std::vector<std::vector<uint8_t>> image_records(const MetadataImage& image) {
    const auto level = image.features.find("metadata.version");
    RecordList list(level == image.features.end() ? metadata_version_min : level->second);
    add_features(list, image.features);
    for (const auto& [id, broker] : image.brokers) add_broker(list, *broker);
    for (const auto& [name, topic] : image.topics) add_topic(list, *topic);
    for (const auto& [resource, configs] : image.configs) add_configs(list, resource, *configs);
    if (image.next_producer_id > 0) {
        protocol::ProducerIdsRecord record;
        record.broker_id = broker_id_none;
        record.next_producer_id = ProducerId{image.next_producer_id};
        list.add(record);
    }
    for (const auto& [key, record] : image.kept) list.add_framed(*record);
    return list.take();
}

}  // namespace barnabas::cluster
