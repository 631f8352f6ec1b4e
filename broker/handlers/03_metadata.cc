// SPDX-License-Identifier: Apache-2.0
// Metadata, api 3, v0-13. Brokers, and topics with their partitions and leaders, as the clients of
// one listener see them.  v0: no topics asked = all; v1+: null = all.  v4: the client may forbid
// creation. v8: authorized operations.  v10: topic ids; v12: topics may be asked for by id.  v13:
// top-level error.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "broker/broker_config.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/metadata_view.h"
#include "broker/handlers/topic_creation.h"
#include "cluster/topic_name.h"
#include "protocol/messages/metadata.h"

namespace barnabas::broker {
namespace {

using protocol::MetadataRequest;
using protocol::MetadataResponse;
using ResponseTopic = MetadataResponse::MetadataResponseTopic;
using Image = cluster::MetadataImage;

constexpr int16_t first_version_by_id = 12;

// Before v12 ids were a mistake, and so is a topic with neither name nor id.
bool is_invalid(const MetadataRequest& request, int16_t version) {
    if (!request.topics) return false;
    return std::ranges::any_of(*request.topics, [version](const auto& topic) {
        if (version < first_version_by_id) return !topic.name || !topic.topic_id.is_zero();
        return !topic.name && topic.topic_id.is_zero();
    });
}

MetadataResponse refuse(const MetadataRequest& request) {
    MetadataResponse response;
    for (const auto& asked : *request.topics) {
        ResponseTopic& topic = response.topics.emplace_back();
        topic.error_code = ErrorCode::invalid_request;
        topic.name = asked.name.value_or("");
        topic.topic_id = asked.topic_id;
    }
    return response;
}

ResponseTopic unknown_topic(ErrorCode error, std::optional<Text> name, const Uuid& id) {
    ResponseTopic topic;
    topic.error_code = error;
    topic.is_internal = name && cluster::is_internal_topic(*name);
    topic.name = std::move(name);
    topic.topic_id = id;
    return topic;
}

class Answer {
  public:
    Answer(const Image& image, const RequestContext& ctx, const MetadataRequest& request)
        : image_(image), listener_(ctx.listener->name), request_(request) {
        // Versions up to 5 know no "listener not found".
        old_errors_ = ctx.version <= 5;
    }

    void add_known(const cluster::TopicImage& topic, MetadataResponse& response) const {
        ResponseTopic& added = response.topics.emplace_back();
        added.name = Text(topic.name);
        added.topic_id = topic.id;
        added.is_internal = topic.internal();
        if (request_.include_topic_authorized_operations)
            added.topic_authorized_operations = topic_operations_all;
        added.partitions.reserve(topic.partitions.size());
        for (const auto& partition : topic.partitions) {
            auto& slot = added.partitions.emplace_back();
            PartitionView view = view_partition(image_, partition, listener_);
            if (old_errors_ && view.error == ErrorCode::listener_not_found)
                view.error = ErrorCode::leader_not_available;
            slot.error_code = view.error;
            slot.partition_index =
                PartitionIndex{static_cast<int32_t>(added.partitions.size()) - 1};
            slot.leader_id = view.leader;
            slot.leader_epoch = partition.leader_epoch;
            slot.replica_nodes = partition.replicas;
            slot.isr_nodes = partition.isr;
            slot.offline_replicas = std::move(view.offline_replicas);
        }
    }

    // Known topics first, in the order asked, then those with an error, as Kafka does.
    void add_by_name(MetadataResponse& response) const {
        std::unordered_set<std::string_view> seen;
        std::vector<ResponseTopic> unknown;
        for (const auto& asked : *request_.topics) {
            if (!asked.name || !seen.insert(*asked.name).second) continue;
            if (const auto topic = image_.topic(asked.name->view())) {
                add_known(*topic, response);
                continue;
            }
            const bool possible = cluster::check_topic_name(*asked.name).empty();
            const auto error = possible ? ErrorCode::unknown_topic_or_partition
                                        : ErrorCode::invalid_topic_exception;
            unknown.push_back(unknown_topic(error, asked.name, Uuid{}));
        }
        std::ranges::move(unknown, std::back_inserter(response.topics));
    }

    // Unknown ids first. Names beside ids are not looked at, as in Kafka.
    void add_by_id(MetadataResponse& response) const {
        std::unordered_set<Uuid> seen;
        std::vector<std::shared_ptr<const cluster::TopicImage>> known;
        for (const auto& asked : *request_.topics) {
            if (asked.topic_id.is_zero() || !seen.insert(asked.topic_id).second) continue;
            if (auto topic = image_.topic(asked.topic_id))
                known.push_back(std::move(topic));
            else
                response.topics.push_back(
                    unknown_topic(ErrorCode::unknown_topic_id, std::nullopt, asked.topic_id));
        }
        for (const auto& topic : known) add_known(*topic, response);
    }

    void add_brokers(MetadataResponse& response) const {
        for (const auto& [id, broker] : image_.brokers) {
            const auto* endpoint = find_live_endpoint(image_, id, listener_);
            if (!endpoint) continue;
            auto& added = response.brokers.emplace_back();
            added.node_id = id;
            added.host = Text(endpoint->host);
            added.port = endpoint->port;
            if (broker->rack) added.rack = Text(*broker->rack);
        }
    }

  private:
    const Image& image_;
    std::string_view listener_;
    const MetadataRequest& request_;
    bool old_errors_ = false;
};

bool asks_by_id(const MetadataRequest& request) {
    return std::ranges::any_of(*request.topics,
                               [](const auto& topic) { return !topic.topic_id.is_zero(); });
}

// Names that do not exist yet and may be created.
std::vector<std::string> names_to_create(const RequestContext& ctx,
                                         const MetadataRequest& request) {
    std::vector<std::string> names;
    if (!ctx.services.config.auto_create_topics || !request.allow_auto_topic_creation) return names;
    const auto image = ctx.image();
    std::unordered_set<std::string_view> seen;
    for (const auto& asked : *request.topics) {
        if (!asked.name || image->topic(asked.name->view())) continue;
        if (!seen.insert(*asked.name).second) continue;
        if (cluster::check_topic_name(*asked.name).empty()) names.push_back(asked.name->str());
    }
    return names;
}

}  // namespace

Task<MetadataResponse> handle_metadata(RequestContext& ctx, MetadataRequest request) {
    if (is_invalid(request, ctx.version)) co_return refuse(request);
    if (ctx.version == 0 && request.topics && request.topics->empty()) request.topics.reset();
    const bool by_id = request.topics && asks_by_id(request);
    if (request.topics && !by_id) {
        auto names = names_to_create(ctx, request);
        if (!names.empty()) {
            auto creating = create_missing_topics(ctx, std::move(names));
            co_await std::move(creating);
        }
    }
    const auto image = ctx.image();
    MetadataResponse response;
    const Answer answer(*image, ctx, request);
    answer.add_brokers(response);
    response.cluster_id = Text(image->cluster_id);
    // Any broker passes admin requests on to the controller, so clients are sent to this one.
    response.controller_id = ctx.services.config.node_id;
    if (!request.topics)
        for (const auto& [name, topic] : image->topics) answer.add_known(*topic, response);
    else if (by_id)
        answer.add_by_id(response);
    else
        answer.add_by_name(response);
    if (request.include_cluster_authorized_operations)
        response.cluster_authorized_operations = cluster_operations_all;
    co_return response;
}

}  // namespace barnabas::broker
