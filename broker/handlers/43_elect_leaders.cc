// SPDX-License-Identifier: Apache-2.0
// ElectLeaders, api 43, v0-2. Which partitions could have another leader: those whose leader is the
// preferred replica need none. With one broker there is never another one to elect.  v1: the kind
// of election.
#include <fmt/format.h>

#include "broker/handlers/handlers.h"
#include "protocol/messages/elect_leaders.h"

namespace barnabas::broker {
namespace {

using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using PartitionResult = ElectLeadersResponse::PartitionResult;

constexpr int8_t preferred = 0;
constexpr int8_t unclean = 1;

void judge(const cluster::PartitionImage& partition, int8_t type, PartitionResult& result) {
    const bool has_leader = partition.leader != broker_id_none;
    const bool preferred_leads =
        !partition.replicas.empty() && partition.leader == partition.replicas.front();
    if (type == preferred ? preferred_leads : has_leader) {
        result.error_code = ErrorCode::election_not_needed;
        result.error_message = Text("Leader election not needed for topic partition.");
    } else if (type == preferred) {
        result.error_code = ErrorCode::preferred_leader_not_available;
        result.error_message = Text("The preferred leader was not available.");
    } else {
        result.error_code = ErrorCode::eligible_leaders_not_available;
        result.error_message = Text("Eligible topic partition leaders are not available.");
    }
}

PartitionResult elect(const cluster::MetadataImage& image, std::string_view topic,
                      PartitionIndex index, int8_t type) {
    PartitionResult result;
    result.partition_id = index;
    const auto known = image.topic(topic);
    if (type != preferred && type != unclean) {
        result.error_code = ErrorCode::invalid_request;
        result.error_message = Text(fmt::format("Unknown election type {}", type));
    } else if (!known) {
        result.error_code = ErrorCode::unknown_topic_or_partition;
        result.error_message = Text(fmt::format("No such topic as {}", topic));
    } else if (!known->has(index)) {
        result.error_code = ErrorCode::unknown_topic_or_partition;
        result.error_message = Text(fmt::format("No such partition as {}-{}", topic, index.value));
    } else {
        judge(known->partitions[static_cast<size_t>(index.value)], type, result);
    }
    return result;
}

// All partitions are meant: only those are told that need something.
void elect_all(const cluster::MetadataImage& image, int8_t type, ElectLeadersResponse& response) {
    for (const auto& [name, topic] : image.topics) {
        auto& answer = response.replica_election_results.emplace_back();
        answer.topic = Text(name);
        for (size_t i = 0; i < topic->partitions.size(); ++i) {
            const PartitionIndex index{static_cast<int32_t>(i)};
            PartitionResult result = elect(image, name, index, type);
            if (result.error_code != ErrorCode::election_not_needed)
                answer.partition_result.push_back(std::move(result));
        }
    }
}

}  // namespace

Task<ElectLeadersResponse> handle_elect_leaders(RequestContext& ctx, ElectLeadersRequest request) {
    const auto image = ctx.image();
    ElectLeadersResponse response;
    const int8_t type = ctx.version >= 1 ? request.election_type : preferred;
    if (type != preferred && type != unclean) response.error_code = ErrorCode::invalid_request;
    if (!request.topic_partitions) {
        elect_all(*image, type, response);
        co_return response;
    }
    for (const auto& topic : *request.topic_partitions) {
        auto& answer = response.replica_election_results.emplace_back();
        answer.topic = topic.topic;
        for (const PartitionIndex index : topic.partitions)
            answer.partition_result.push_back(elect(*image, topic.topic.view(), index, type));
    }
    co_return response;
}

}  // namespace barnabas::broker
