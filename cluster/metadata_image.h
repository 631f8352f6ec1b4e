// SPDX-License-Identifier: Apache-2.0
// MetadataImage: all cluster metadata as of one offset of the metadata log. Immutable: a change
// makes a new image that shares what did not change. Read by every shard without locks. Never does
// I/O.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "cluster/shared_map.h"
#include "cluster/topic_name.h"

namespace barnabas::cluster {

struct PartitionImage {
    std::vector<BrokerId> replicas;
    std::vector<BrokerId> isr;
    std::vector<BrokerId> removing_replicas;
    std::vector<BrokerId> adding_replicas;
    std::vector<BrokerId> eligible_leader_replicas;
    std::vector<BrokerId> last_known_elr;
    std::vector<Uuid> directories;
    BrokerId leader = broker_id_none;
    LeaderEpoch leader_epoch;
    int32_t partition_epoch = 0;
    int8_t leader_recovery_state = 0;
    friend bool operator==(const PartitionImage&, const PartitionImage&) = default;
};

struct TopicImage {
    std::string name;
    Uuid id;
    std::vector<PartitionImage> partitions;  // by index, no gaps
    bool internal() const { return is_internal_topic(name); }
    bool has(PartitionIndex index) const {
        return index.value >= 0 && static_cast<size_t>(index.value) < partitions.size();
    }
};

struct BrokerEndpoint {
    std::string listener;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
};

// What a node can do: the range of a feature's levels that it supports (KIP-584).
struct FeatureRange {
    std::string name;
    int16_t min = 0;
    int16_t max = 0;
};

struct BrokerImage {
    BrokerId id;
    int64_t epoch = -1;
    Uuid incarnation_id;
    std::vector<BrokerEndpoint> endpoints;
    std::optional<std::string> rack;
    bool fenced = true;
    bool in_controlled_shutdown = false;
    std::vector<Uuid> log_dirs;
    std::optional<std::vector<Uuid>> cordoned_log_dirs;
    std::vector<FeatureRange> features;
    bool active() const { return !fenced && !in_controlled_shutdown; }
};

// Kafka's ConfigResource types.
enum class ConfigResourceType : int8_t {
    unknown = 0,
    topic = 2,
    broker = 4,
    broker_logger = 8,
    client_metrics = 16,
    group = 32,
};
struct ConfigResource {
    ConfigResourceType type = ConfigResourceType::unknown;
    std::string name;
    friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};
using ConfigMap = std::map<std::string, std::string>;

struct MetadataImage {
    std::string cluster_id;
    Offset offset;      // of the last applied record; offset_none before any
    LeaderEpoch epoch;  // of the controller that wrote it
    BrokerId controller_id = broker_id_none;
    SharedMap<std::string, std::shared_ptr<const TopicImage>> topics;
    SharedMap<Uuid, std::shared_ptr<const TopicImage>> topics_by_id;
    std::map<BrokerId, std::shared_ptr<const BrokerImage>> brokers;
    SharedMap<ConfigResource, std::shared_ptr<const ConfigMap>> configs;
    std::map<std::string, int16_t> features;
    int64_t next_producer_id = 0;
    // Names with '.' or '_', by the name with '.' replaced by '_': a topic whose name collides with
    // another's in that form is refused, because Kafka's metric names cannot tell them apart.
    SharedMap<std::string, std::string> names_by_unified;
    // Records whose meaning nothing here needs yet (ACLs, quotas, credentials, tokens,
    // controllers), framed, by type and identity: so that a snapshot loses nothing that a log held.
    SharedMap<std::string, std::shared_ptr<const std::vector<uint8_t>>> kept;

    std::shared_ptr<const TopicImage> topic(std::string_view name) const {
        const auto found = topics.find(name);
        return found == topics.end() ? nullptr : found->second;
    }
    std::shared_ptr<const TopicImage> topic(const Uuid& id) const {
        const auto found = topics_by_id.find(id);
        return found == topics_by_id.end() ? nullptr : found->second;
    }
    bool has(std::string_view topic_name, PartitionIndex index) const {
        const auto known = topic(topic_name);
        return known && known->has(index);
    }
    // The finalized level of a feature, 0 where it has none.
    int16_t feature_level(std::string_view feature) const {
        const auto found = features.find(std::string(feature));
        return found == features.end() ? int16_t{0} : found->second;
    }
    // Null when the resource has no overrides.
    std::shared_ptr<const ConfigMap> config(ConfigResourceType type,
                                            const std::string& name) const {
        const auto found = configs.find(ConfigResource{type, name});
        return found == configs.end() ? nullptr : found->second;
    }
};

}  // namespace barnabas::cluster
