// SPDX-License-Identifier: Apache-2.0
// DescribeTopicPartitions, api 75, v0. Topics by name with all their partitions, page by page
// (KIP-966): an answer holds at most so many partitions, and a cursor that the client sends back
// for the next page.
#include <algorithm>
#include <set>
#include <utility>

#include "broker/broker_config.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/metadata_view.h"
#include "cluster/topic_name.h"
#include "protocol/messages/describe_topic_partitions.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using ResponseTopic = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;

// max.request.partition.size.limit
constexpr int32_t partitions_max = 2000;

DescribeTopicPartitionsResponse refuse(const DescribeTopicPartitionsRequest& request) {
    DescribeTopicPartitionsResponse response;
    for (const auto& asked : request.topics) {
        ResponseTopic& topic = response.topics.emplace_back();
        topic.error_code = ErrorCode::invalid_request;
        topic.name = asked.name;
    }
    return response;
}

// The names that this page may begin with and those after them; all topics if none was named.
std::set<std::string_view> names_of(const DescribeTopicPartitionsRequest& request,
                                    const cluster::MetadataImage& image) {
    const std::string_view first = request.cursor ? request.cursor->topic_name.view() : "";
    std::set<std::string_view> names;
    for (const auto& asked : request.topics)
        if (asked.name.view() >= first) names.insert(asked.name.view());
    if (!request.topics.empty()) return names;
    for (const auto& [name, topic] : image.topics)
        if (name >= first) names.insert(name);
    return names;
}

class Page {
  public:
    Page(const cluster::MetadataImage& image, std::string_view listener, int32_t limit)
        : image_(image), listener_(listener), left_(std::clamp(limit, 1, partitions_max)) {}

    // Adds the topic from partition `begin` on; false if the page was full before its end.
    bool add(std::string_view name, int32_t begin, DescribeTopicPartitionsResponse& response) {
        if (left_ == 0) return end_page(name, 0, response);
        ResponseTopic& added = response.topics.emplace_back();
        added.name = Text(name);
        added.topic_authorized_operations = topic_operations_all;
        const auto topic = image_.topic(name);
        if (!topic) {
            added.error_code = cluster::check_topic_name(name).empty()
                                   ? ErrorCode::unknown_topic_or_partition
                                   : ErrorCode::invalid_topic_exception;
            return true;
        }
        added.topic_id = topic->id;
        added.is_internal = topic->internal();
        const auto count = static_cast<int32_t>(topic->partitions.size());
        for (int32_t index = begin; index < count; ++index) {
            if (left_ == 0) return end_page(name, index, response);
            add_partition(*topic, index, added);
            --left_;
        }
        return true;
    }

  private:
    static bool end_page(std::string_view name, int32_t index,
                         DescribeTopicPartitionsResponse& response) {
        auto& cursor = response.next_cursor.emplace();
        cursor.topic_name = Text(name);
        cursor.partition_index = PartitionIndex{index};
        return false;
    }

    void add_partition(const cluster::TopicImage& topic, int32_t index,
                       ResponseTopic& response) const {
        const auto& partition = topic.partitions[static_cast<size_t>(index)];
        PartitionView view = view_partition(image_, partition, listener_);
        auto& added = response.partitions.emplace_back();
        added.error_code = view.error;
        added.partition_index = PartitionIndex{index};
        added.leader_id = view.leader;
        added.leader_epoch = partition.leader_epoch;
        added.replica_nodes = partition.replicas;
        added.isr_nodes = partition.isr;
        added.eligible_leader_replicas = partition.eligible_leader_replicas;
        added.last_known_elr = partition.last_known_elr;
        added.offline_replicas = std::move(view.offline_replicas);
    }

    const cluster::MetadataImage& image_;
    std::string_view listener_;
    int32_t left_;
};

}  // namespace

Task<DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    RequestContext& ctx, DescribeTopicPartitionsRequest request) {
    const auto& cursor = request.cursor;
    if (cursor && cursor->partition_index.value < 0) co_return refuse(request);
    const auto image = ctx.image();
    DescribeTopicPartitionsResponse response;
    Page page(*image, ctx.listener->name, request.response_partition_limit);
    for (const std::string_view name : names_of(request, *image)) {
        const bool at_cursor = cursor && cursor->topic_name == name;
        const int32_t begin = at_cursor ? cursor->partition_index.value : 0;
        if (!page.add(name, begin, response)) break;
    }
    co_return response;
}

}  // namespace barnabas::broker
