// SPDX-License-Identifier: Apache-2.0
// ClusterNode: what a broker needs of the cluster, whoever the controller is: the current image,
// and the commands that change it. With the controller in this process (the default) commands go
// straight to it. Used on shard 0.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "base/task.h"
#include "cluster/metadata_image.h"
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

class ClusterNode {
  public:
    // Runs after each new image, before the command that caused it is answered: opens and removes
    // logs, so that a created topic can be written to when the client hears of it.
    using ImageListener = std::function<Task<void>(std::shared_ptr<const MetadataImage> before,
                                                   std::shared_ptr<const MetadataImage> after)>;

    virtual ~ClusterNode() = default;
    virtual std::shared_ptr<const MetadataImage> image() const = 0;
    virtual void set_image_listener(ImageListener listener) = 0;

    // `version` shapes answers (CreateTopics v5+ tells configs). Deadlines: request.timeout_ms.
    virtual Task<protocol::CreateTopicsResponse> create_topics(
        protocol::CreateTopicsRequest request, int16_t version) = 0;
    virtual Task<protocol::DeleteTopicsResponse> delete_topics(
        protocol::DeleteTopicsRequest request, int16_t version) = 0;
    virtual Task<protocol::CreatePartitionsResponse> create_partitions(
        protocol::CreatePartitionsRequest request, int16_t version) = 0;
    virtual Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
        protocol::IncrementalAlterConfigsRequest request, int16_t version) = 0;
    virtual Task<protocol::AlterConfigsResponse> alter_configs(
        protocol::AlterConfigsRequest request, int16_t version) = 0;
    virtual Task<protocol::AlterClientQuotasResponse> alter_client_quotas(
        protocol::AlterClientQuotasRequest request, int16_t version) = 0;
    virtual Task<protocol::AlterUserScramCredentialsResponse> alter_user_scram_credentials(
        protocol::AlterUserScramCredentialsRequest request, int16_t version) = 0;
    virtual Task<protocol::UpdateFeaturesResponse> update_features(
        protocol::UpdateFeaturesRequest request, int16_t version) = 0;
    virtual Task<protocol::UnregisterBrokerResponse> unregister_broker(
        protocol::UnregisterBrokerRequest request) = 0;
    // A block never given before and never again (pitfall X06).
    virtual Task<Result<ProducerIdBlock>> allocate_producer_ids() = 0;
};

}  // namespace barnabas::cluster
