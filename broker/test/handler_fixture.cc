// SPDX-License-Identifier: Apache-2.0
// The pretended cluster, and services of which most are never touched.
#include "broker/test/handler_fixture.h"

#include "cluster/image_builder.h"

namespace barnabas::broker {
namespace {

// What the handlers of these tests never touch; a reference must exist all the same.
template <class T>
T& unused() {
    alignas(16) static std::array<std::byte, 16> nothing;
    return *reinterpret_cast<T*>(nothing.data());
}

}  // namespace

Task<protocol::CreateTopicsResponse> FakeCluster::create_topics(
    protocol::CreateTopicsRequest request, int16_t version) {
    last_version = version;
    protocol::CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
        auto& result = response.topics.emplace_back();
        result.name = topic.name;
        result.error_code = creation_error;
        if (creation_error == ErrorCode::none) add_topic(topic.name.str(), topic.num_partitions);
    }
    created.push_back(std::move(request));
    co_return response;
}

Task<protocol::DeleteTopicsResponse> FakeCluster::delete_topics(
    protocol::DeleteTopicsRequest request, int16_t version) {
    last_version = version;
    protocol::DeleteTopicsResponse response;
    response.responses.emplace_back().name = request.topics.at(0).name;
    co_return response;
}

Task<protocol::CreatePartitionsResponse> FakeCluster::create_partitions(
    protocol::CreatePartitionsRequest request, int16_t version) {
    last_version = version;
    protocol::CreatePartitionsResponse response;
    response.results.emplace_back().name = request.topics.at(0).name;
    co_return response;
}

Task<protocol::IncrementalAlterConfigsResponse> FakeCluster::incremental_alter_configs(
    protocol::IncrementalAlterConfigsRequest request, int16_t version) {
    last_version = version;
    protocol::IncrementalAlterConfigsResponse response;
    response.responses.emplace_back().resource_name = request.resources.at(0).resource_name;
    co_return response;
}

// `decide` is given a context and gives a decision.
template <class Decide>
auto FakeCluster::decide(Decide decide) {
    Random random(1);
    const cluster::ControllerSettings settings;
    const cluster::DecideContext context{image_, settings, Offset{1}, random};
    auto decision = decide(context);
    records_decided += decision.records.size();
    cluster::ImageBuilder builder(image_);
    for (const auto& record : decision.records) EXPECT_TRUE(builder.apply(record).has_value());
    image_ = **builder.build(image_.offset, image_.epoch);
    return std::move(decision.response);
}

Task<protocol::AlterConfigsResponse> FakeCluster::alter_configs(
    protocol::AlterConfigsRequest request, int16_t version) {
    last_version = version;
    co_return decide(
        [&](const auto& context) { return cluster::decide_replace_configs(context, request); });
}

Task<protocol::AlterClientQuotasResponse> FakeCluster::alter_client_quotas(
    protocol::AlterClientQuotasRequest request, int16_t version) {
    last_version = version;
    co_return decide(
        [&](const auto& context) { return cluster::decide_alter_client_quotas(context, request); });
}

Task<protocol::AlterUserScramCredentialsResponse> FakeCluster::alter_user_scram_credentials(
    protocol::AlterUserScramCredentialsRequest request, int16_t version) {
    last_version = version;
    co_return decide([&](const auto& context) {
        return cluster::decide_alter_scram_credentials(context, request);
    });
}

Task<protocol::UpdateFeaturesResponse> FakeCluster::update_features(
    protocol::UpdateFeaturesRequest request, int16_t version) {
    last_version = version;
    co_return decide([&](const auto& context) {
        return cluster::decide_update_features(context, request, version);
    });
}

Task<protocol::UnregisterBrokerResponse> FakeCluster::unregister_broker(
    protocol::UnregisterBrokerRequest request) {
    co_return decide(
        [&](const auto& context) { return cluster::decide_unregister_broker(context, request); });
}

Task<Result<cluster::ProducerIdBlock>> FakeCluster::allocate_producer_ids() {
    if (clock) {
        auto sleeping = clock->sleep(std::chrono::seconds(1));
        co_await std::move(sleeping);
    }
    if (allocation_error != ErrorCode::none) co_return fail(allocation_error, "allocate");
    cluster::ProducerIdBlock block;
    block.first = ProducerId{static_cast<int64_t>(blocks_given++) * block_size};
    block.count = block_size;
    co_return block;
}

void FakeCluster::add_broker(int32_t id, bool fenced) {
    auto broker = std::make_shared<cluster::BrokerImage>();
    broker->id = BrokerId{id};
    broker->fenced = fenced;
    const auto port = static_cast<uint16_t>(9092 + id);
    broker->endpoints.push_back({"PLAINTEXT", "public" + std::to_string(id), port, 0});
    broker->endpoints.push_back({"INTERNAL", "private" + std::to_string(id), 19092, 0});
    image_.brokers[broker->id] = broker;
}

Uuid FakeCluster::add_topic(const std::string& name, int32_t partitions) {
    auto topic = std::make_shared<cluster::TopicImage>();
    topic->name = name;
    topic->id.bytes[0] = static_cast<uint8_t>(name[0]);
    topic->id.bytes[15] = static_cast<uint8_t>(name.size());
    for (int32_t i = 0; i < partitions; ++i) {
        auto& partition = topic->partitions.emplace_back();
        partition.replicas = partition.isr = {BrokerId{1}};
        partition.leader = BrokerId{1};
        partition.leader_epoch = LeaderEpoch{3};
    }
    image_.topics.insert_or_assign(name, topic);
    image_.topics_by_id.insert_or_assign(topic->id, topic);
    return topic->id;
}

void FakeCluster::set_config(cluster::ConfigResourceType type, const std::string& name,
                             cluster::ConfigMap configs) {
    image_.configs.insert_or_assign(cluster::ConfigResource{type, name},
                                    std::make_shared<cluster::ConfigMap>(std::move(configs)));
}

HandlerFixture::HandlerFixture()
    : services_{loop_.clock(),
                config_,
                cluster_,
                unused<PartitionTable>(),
                unused<FetchSessions>(),
                unused<GroupCoordinator>(),
                producer_ids_,
                unused<TransactionMarkerWriter>(),
                unused<TransactionCoordinator>(),
                client_metrics_} {
    listener_.name = "PLAINTEXT";
    cluster_.image_.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg";
    cluster_.image_.controller_id = BrokerId{1};
    cluster_.add_broker(1);
}

RequestContext HandlerFixture::context(int16_t version) {
    RequestContext ctx{services_};
    ctx.version = version;
    ctx.listener = &listener_;
    ctx.client = &client_;
    return ctx;
}

}  // namespace barnabas::broker
