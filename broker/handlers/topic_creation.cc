// SPDX-License-Identifier: Apache-2.0
// Turns names into one CreateTopics command for the controller and waits for its answer.
#include "broker/handlers/topic_creation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log_line.h"
#include "broker/broker_config.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {
namespace {

using protocol::CreateTopicsRequest;

constexpr int32_t creation_timeout_ms = 30'000;
// The newest version: its answer tells every error.
constexpr int16_t create_topics_version = CreateTopicsRequest::version_max;

// Settings made for more brokers than there are do not keep a cluster from having groups.
int16_t live_replicas(const cluster::MetadataImage& image, int16_t wanted) {
    int16_t live = 0;
    for (const auto& [id, broker] : image.brokers)
        live = static_cast<int16_t>(live + !broker->fenced);
    return std::clamp<int16_t>(wanted, 1, std::max<int16_t>(live, 1));
}

CreateTopicsRequest::CreatableTopic describe_topic(const BrokerConfig& config,
                                                   const cluster::MetadataImage& image,
                                                   std::string name) {
    CreateTopicsRequest::CreatableTopic topic;
    topic.num_partitions = config.num_partitions;
    topic.replication_factor = config.default_replication_factor;
    const auto set = [&topic](const char* key, const std::string& value) {
        auto& entry = topic.configs.emplace_back();
        entry.name = key;
        entry.value = Text(value);
    };
    const auto given = [&config](const char* key, const char* otherwise) {
        const auto found = config.given.find(key);
        return found == config.given.end() ? std::string(otherwise) : found->second;
    };
    if (name == cluster::offsets_topic) {
        topic.num_partitions = config.offsets_topic_partitions;
        topic.replication_factor = live_replicas(image, config.offsets_topic_replication_factor);
        set("cleanup.policy", "compact");
        set("compression.type", "producer");
        set("segment.bytes", given("offsets.topic.segment.bytes", "104857600"));
    }
    if (name == cluster::transactions_topic) {
        topic.num_partitions = config.transaction_state_partitions;
        topic.replication_factor =
            live_replicas(image, config.transaction_state_replication_factor);
        set("unclean.leader.election.enable", "false");
        set("compression.type", "uncompressed");
        set("cleanup.policy", "compact");
        // More than there are replicas would keep every transaction out.
        const int wanted = std::atoi(given("transaction.state.log.min.isr", "1").c_str());
        const int in_sync = std::clamp<int>(wanted, 1, topic.replication_factor);
        set("min.insync.replicas", std::to_string(in_sync));
        set("segment.bytes", given("transaction.state.log.segment.bytes", "104857600"));
    }
    topic.name = std::move(name);
    return topic;
}

}  // namespace

Task<void> create_missing_topics(RequestContext& ctx, std::vector<std::string> names) {
    CreateTopicsRequest request;
    request.timeout_ms = creation_timeout_ms;
    const auto image = ctx.image();
    for (std::string& name : names)
        if (!image->topic(name))
            request.topics.push_back(describe_topic(ctx.services.config, *image, std::move(name)));
    if (request.topics.empty()) co_return;
    auto creating = ctx.services.cluster.create_topics(std::move(request), create_topics_version);
    const auto response = co_await std::move(creating);
    for (const auto& topic : response.topics) {
        if (topic.error_code == ErrorCode::none)
            log_info("server", "created topic {} on demand", topic.name.view());
        else if (topic.error_code != ErrorCode::topic_already_exists)
            log_warn("server", "could not create topic {}: {}", topic.name.view(),
                     error_name(topic.error_code));
    }
}

}  // namespace barnabas::broker
