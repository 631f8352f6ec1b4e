// SPDX-License-Identifier: Apache-2.0
// The controller: decide functions that turn a command and the current image into metadata records
// and an answer. Pure (no I/O, no clock, no thread): what they decide takes effect only when the
// records are committed and an ImageBuilder applies them. The image is the controller's whole
// state. One file per kind of command: controller_topics.cc, controller_partitions.cc,
// controller_configs.cc, controller_brokers.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "cluster/metadata_image.h"
#include "cluster/metadata_record.h"
#include "cluster/producer_id_block.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

namespace barnabas::cluster {

inline constexpr int32_t producer_id_block_size = 1000;
// No request may create more partitions than this at once.
inline constexpr int32_t partitions_per_request_max = 10'000;

struct ControllerSettings {
    BrokerId node_id{1};
    int32_t num_partitions = 1;
    int16_t default_replication_factor = 1;
    bool delete_topic_enable = true;
    ConfigMap static_configs;  // what server.properties gave
};

struct DecideContext {
    const MetadataImage& image;
    const ControllerSettings& settings;
    Offset next_offset;  // the offset that the first record of the decision gets
    Random& random;      // for ids and for where placement begins
};

// Records and answer may borrow from the command: encode the records before it goes away.
template <class Response>
struct Decision {
    std::vector<MetadataRecord> records;
    Response response;
};

// `version` is the request's: old versions are told less.
Decision<protocol::CreateTopicsResponse> decide_create_topics(
    const DecideContext& context, const protocol::CreateTopicsRequest& request, int16_t version);
Decision<protocol::DeleteTopicsResponse> decide_delete_topics(
    const DecideContext& context, const protocol::DeleteTopicsRequest& request, int16_t version);
Decision<protocol::CreatePartitionsResponse> decide_create_partitions(
    const DecideContext& context, const protocol::CreatePartitionsRequest& request);
Decision<protocol::IncrementalAlterConfigsResponse> decide_alter_configs(
    const DecideContext& context, const protocol::IncrementalAlterConfigsRequest& request);
// The older form: what a resource has and the request does not name is reset.
Decision<protocol::AlterConfigsResponse> decide_replace_configs(
    const DecideContext& context, const protocol::AlterConfigsRequest& request);
Decision<protocol::AlterClientQuotasResponse> decide_alter_client_quotas(
    const DecideContext& context, const protocol::AlterClientQuotasRequest& request);
Decision<protocol::AlterUserScramCredentialsResponse> decide_alter_scram_credentials(
    const DecideContext& context, const protocol::AlterUserScramCredentialsRequest& request);
// All of the request's updates or none.
Decision<protocol::UpdateFeaturesResponse> decide_update_features(
    const DecideContext& context, const protocol::UpdateFeaturesRequest& request, int16_t version);
// A broker that is gone is forgotten, and leads and follows nothing any more. This node itself
// stays: it is there, and would register again at once.
Decision<protocol::UnregisterBrokerResponse> decide_unregister_broker(
    const DecideContext& context, const protocol::UnregisterBrokerRequest& request);
// Fails with stale_broker_epoch if this node is not registered.
Decision<Result<ProducerIdBlock>> decide_allocate_producer_ids(const DecideContext& context);

// A broker process that starts.
struct BrokerRegistration {
    Uuid incarnation_id;
    std::vector<BrokerEndpoint> endpoints;
    std::optional<std::string> rack;
    std::vector<Uuid> log_dirs;
    // The process before it may have lost records that were not flushed: partitions get a new
    // leader epoch, so that consumers can tell records written since from those they read before.
    bool bump_leader_epochs = true;
};
// Registers this node and lets it take part at once; gives its broker epoch (the record's offset).
Decision<int64_t> decide_register_broker(const DecideContext& context,
                                         const BrokerRegistration& registration);
// The features of a new cluster, as formatting a directory finalizes them.
std::vector<MetadataRecord> default_bootstrap_records();
// What a controller writes when it begins to lead: in a new cluster `bootstrap` (what its directory
// was formatted with), and the abort of a metadata transaction that its predecessor left open.
std::vector<MetadataRecord> decide_activation(const DecideContext& context, bool in_transaction,
                                              const std::vector<MetadataRecord>& bootstrap);

}  // namespace barnabas::cluster
