// SPDX-License-Identifier: Apache-2.0
// Handlers called as plain functions, over a cluster that is only pretended: its image is what a
// test puts there, and topics are created by adding them to it.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "base/sim/sim_loop.h"
#include "broker/broker_config.h"
#include "broker/client_metrics.h"
#include "broker/handlers/handlers.h"
#include "broker/partition/producer_ids.h"
#include "broker/server/request_context.h"
#include "cluster/cluster_node.h"
#include "cluster/controller.h"

namespace barnabas::broker {

class FakeCluster final : public cluster::ClusterNode {
  public:
    std::shared_ptr<const cluster::MetadataImage> image() const override {
        return std::make_shared<cluster::MetadataImage>(image_);
    }
    void set_image_listener(ImageListener) override {}
    Task<protocol::CreateTopicsResponse> create_topics(protocol::CreateTopicsRequest request,
                                                       int16_t version) override;
    // These are noted, and answered with one item that names the first thing asked for.
    Task<protocol::DeleteTopicsResponse> delete_topics(protocol::DeleteTopicsRequest request,
                                                       int16_t version) override;
    Task<protocol::CreatePartitionsResponse> create_partitions(
        protocol::CreatePartitionsRequest request, int16_t version) override;
    Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
        protocol::IncrementalAlterConfigsRequest request, int16_t version) override;
    // Decided by the controller's own functions, and applied to the image.
    Task<protocol::AlterConfigsResponse> alter_configs(protocol::AlterConfigsRequest request,
                                                       int16_t version) override;
    Task<protocol::AlterClientQuotasResponse> alter_client_quotas(
        protocol::AlterClientQuotasRequest request, int16_t version) override;
    Task<protocol::AlterUserScramCredentialsResponse> alter_user_scram_credentials(
        protocol::AlterUserScramCredentialsRequest request, int16_t version) override;
    Task<protocol::UpdateFeaturesResponse> update_features(protocol::UpdateFeaturesRequest request,
                                                           int16_t version) override;
    Task<protocol::UnregisterBrokerResponse> unregister_broker(
        protocol::UnregisterBrokerRequest request) override;
    Task<Result<cluster::ProducerIdBlock>> allocate_producer_ids() override;

    void add_broker(int32_t id, bool fenced = false);
    // Topics get ids that begin with their first letter.
    Uuid add_topic(const std::string& name, int32_t partitions);
    void set_config(cluster::ConfigResourceType type, const std::string& name,
                    cluster::ConfigMap configs);

    cluster::MetadataImage image_;
    std::vector<protocol::CreateTopicsRequest> created;
    size_t records_decided = 0;
    int16_t last_version = -1;
    template <class Decide>
    auto decide(Decide decide);
    ErrorCode creation_error = ErrorCode::none;
    int32_t block_size = 10;
    int blocks_given = 0;
    Clock* clock = nullptr;  // set: blocks take a second
    ErrorCode allocation_error = ErrorCode::none;
};

class HandlerFixture : public testing::Test {
  protected:
    HandlerFixture();

    RequestContext context(int16_t version);
    template <class Response, class Request>
    Response call(Task<Response> (*handler)(RequestContext&, Request), Request request,
                  int16_t version) {
        RequestContext ctx = context(version);
        return loop_.run_until_done(handler(ctx, std::move(request)));
    }

    SimLoop loop_;
    FakeCluster cluster_;
    BrokerConfig config_;
    ListenerConfig listener_;
    ClientInfo client_;
    ProducerIds producer_ids_{loop_.clock(), cluster_};
    ClientMetrics client_metrics_{loop_.random()};
    BrokerServices services_;
};

}  // namespace barnabas::broker
