// SPDX-License-Identifier: Apache-2.0
// FindCoordinator, api 10, v0-6. Which broker keeps a group's state, or a transactional id's.  v1:
// key types.  v4: several keys at once.  v6: share groups.  The first call creates the topic that
// keeps them and answers when it is there.
#include <utility>

#include "broker/broker_config.h"
#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/metadata_view.h"
#include "broker/handlers/topic_creation.h"
#include "broker/txn/transaction_coordinator.h"
#include "cluster/topic_name.h"
#include "protocol/messages/find_coordinator.h"

namespace barnabas::broker {
namespace {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using Coordinator = FindCoordinatorResponse::Coordinator;

enum class KeyType : int8_t { group = 0, transaction = 1, share = 2 };
constexpr int16_t first_batched_version = 4;

constexpr const char* malformed =
    "This most likely occurs because of a request being malformed by the client library or the "
    "message was sent to an incompatible broker. See the broker logs for more details.";
constexpr const char* not_available = "The coordinator is not available.";

Coordinator refuse(std::string_view key, ErrorCode error, const char* message = "") {
    Coordinator result;
    result.key = Text(key);
    result.node_id = broker_id_none;
    result.port = -1;
    result.error_code = error;
    result.error_message = message;
    return result;
}

// The leader of the partition of `topic_name` that keeps `key`.
Coordinator find_leader(const RequestContext& ctx, std::string_view key, const char* topic_name,
                        PartitionIndex partition) {
    const auto image = ctx.image();
    const auto topic = image->topic(topic_name);
    const auto index = static_cast<size_t>(partition.value);
    if (!topic || index >= topic->partitions.size())
        return refuse(key, ErrorCode::coordinator_not_available);
    const BrokerId leader = topic->partitions[index].leader;
    const auto* endpoint = find_live_endpoint(*image, leader, ctx.listener->name);
    if (!endpoint) return refuse(key, ErrorCode::coordinator_not_available);
    Coordinator result;
    result.key = Text(key);
    result.node_id = leader;
    result.host = Text(endpoint->host);
    result.port = endpoint->port;
    return result;
}

Coordinator find(const RequestContext& ctx, int8_t type, std::string_view key) {
    switch (static_cast<KeyType>(type)) {
        case KeyType::group:
            return find_leader(ctx, key, cluster::offsets_topic,
                               ctx.services.groups.partition_of(key));
        case KeyType::transaction:
            return find_leader(ctx, key, cluster::transactions_topic,
                               ctx.services.transactions.partition_of(key));
        case KeyType::share:
            return refuse(key, ErrorCode::invalid_request);
    }
    return refuse(key, ErrorCode::invalid_request, malformed);
}

}  // namespace

Task<FindCoordinatorResponse> handle_find_coordinator(RequestContext& ctx,
                                                      FindCoordinatorRequest request) {
    std::vector<std::string> topics;
    if (request.key_type == static_cast<int8_t>(KeyType::group))
        topics.emplace_back(cluster::offsets_topic);
    if (request.key_type == static_cast<int8_t>(KeyType::transaction))
        topics.emplace_back(cluster::transactions_topic);
    if (!topics.empty()) {
        auto creating = create_missing_topics(ctx, std::move(topics));
        co_await std::move(creating);
    }
    FindCoordinatorResponse response;
    if (ctx.version >= first_batched_version) {
        for (const Text& key : request.coordinator_keys)
            response.coordinators.push_back(find(ctx, request.key_type, key));
        co_return response;
    }
    Coordinator found = find(ctx, request.key_type, request.key);
    response.error_code = found.error_code;
    // Old versions spell out what newer ones leave empty.
    if (found.error_code == ErrorCode::none) found.error_message = "NONE";
    if (found.error_code == ErrorCode::coordinator_not_available)
        found.error_message = not_available;
    response.error_message = std::move(found.error_message);
    response.node_id = found.node_id;
    response.host = std::move(found.host);
    response.port = found.port;
    co_return response;
}

}  // namespace barnabas::broker
