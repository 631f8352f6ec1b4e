// SPDX-License-Identifier: Apache-2.0
// What the controller's decide functions share: errors with their sentences, placement of replicas,
// validation of configs. Private to cluster/controller_*.cc; pure like them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cluster/controller.h"
#include "cluster/effective_config.h"

namespace barnabas::cluster {

// One item's error as clients see it. The sentence is null where Kafka's is.
struct ItemError {
    ErrorCode code = ErrorCode::none;
    std::optional<std::string> message;
};

inline std::unexpected<ItemError> refuse(ErrorCode code, std::string message) {
    return std::unexpected(ItemError{code, std::move(message)});
}
inline std::optional<Text> to_text(std::optional<std::string> message) {
    if (!message) return std::nullopt;
    return Text(std::move(*message));
}

using Assignment = std::vector<BrokerId>;

// Replica lists for `count` new partitions, spread evenly: brokers that are active come first.
std::expected<std::vector<Assignment>, ItemError> place_replicas(const DecideContext& context,
                                                                 int32_t count,
                                                                 int16_t replication_factor);
// A replica list that the client chose; every partition of a topic has as many replicas (the first
// one's count is given, or 0).
std::optional<ItemError> check_assignment(const MetadataImage& image, const Assignment& replicas,
                                          size_t replication_factor);
// The record of a new partition, its first active replica leading; nullopt if none is active.
std::optional<protocol::PartitionRecord> new_partition(const MetadataImage& image,
                                                       const Uuid& topic_id, PartitionIndex index,
                                                       const Assignment& replicas);

BrokerConfigLayers broker_layers(const MetadataImage& image, const ControllerSettings& settings);
// This broker takes no new partitions: all of its log directories are cordoned (KIP-1066).
bool is_cordoned(const DecideContext& context);
// Empty if these configs may be changed while brokers run: of one broker (its id), or of all
// (empty).
std::string check_broker_names(std::string_view broker, const std::vector<std::string>& names);
// Empty if the value is allowed for a broker's config.
std::string check_broker_value(const ConfigDef& def, std::string_view value);
// Rules beyond those of one value, for the configs that a broker would have.
std::string check_broker_rules(const DecideContext& context, const ConfigMap& changed);
// Empty if `overrides` may be a topic's configs, all together; else the sentence.
std::string check_topic_configs(const DecideContext& context, const ConfigMap& overrides);
// The same for a group's configs.
std::string check_group_configs(const ConfigMap& static_configs, const ConfigMap& configs);
// The same for a client metrics subscription (KIP-714), with the code that goes with the sentence.
ItemError check_client_metrics_configs(const ConfigMap& configs);

}  // namespace barnabas::cluster
