// SPDX-License-Identifier: Apache-2.0
// See error_text.h.
#include "cli/client/error_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace barnabas::cli {

namespace {

constexpr std::pair<ErrorCode, std::string_view> texts[] = {
    {ErrorCode::unknown_server_error,
     "The server experienced an unexpected error when processing the request."},
    {ErrorCode::none, "NONE"},
    {ErrorCode::offset_out_of_range,
     "The requested offset is not within the range of offsets maintained by the "
     "server."},
    {ErrorCode::corrupt_message,
     "This message has failed its CRC checksum, exceeds the valid size, has a null "
     "key for a compacted topic, or is otherwise corrupt."},
    {ErrorCode::unknown_topic_or_partition, "This server does not host this topic-partition."},
    {ErrorCode::leader_not_available,
     "There is no leader for this topic-partition as we are in the middle of a "
     "leadership election."},
    {ErrorCode::not_leader_or_follower,
     "For requests intended only for the leader, this error indicates that the "
     "broker is not the current leader. For requests intended for any replica, this "
     "error indicates that the broker is not a replica of the topic partition."},
    {ErrorCode::request_timed_out, "The request timed out."},
    {ErrorCode::message_too_large,
     "The request included a message larger than the max message size the server "
     "will accept."},
    {ErrorCode::coordinator_load_in_progress,
     "The coordinator is loading and hence can't process requests."},
    {ErrorCode::coordinator_not_available, "The coordinator is not available."},
    {ErrorCode::not_coordinator, "This is not the correct coordinator."},
    {ErrorCode::invalid_topic_exception,
     "The request attempted to perform an operation on an invalid topic."},
    {ErrorCode::not_enough_replicas,
     "Messages are rejected since there are fewer in-sync replicas than required."},
    {ErrorCode::illegal_generation, "Specified group generation id is not valid."},
    {ErrorCode::invalid_group_id, "The group id is invalid."},
    {ErrorCode::unknown_member_id, "The coordinator is not aware of this member."},
    {ErrorCode::rebalance_in_progress, "The group is rebalancing, so a rejoin is needed."},
    {ErrorCode::topic_authorization_failed, "Topic authorization failed."},
    {ErrorCode::group_authorization_failed, "Group authorization failed."},
    {ErrorCode::cluster_authorization_failed, "Cluster authorization failed."},
    {ErrorCode::unsupported_version, "The version of API is not supported."},
    {ErrorCode::topic_already_exists, "Topic with this name already exists."},
    {ErrorCode::invalid_partitions, "Number of partitions is below 1."},
    {ErrorCode::invalid_replication_factor,
     "Replication factor is below 1 or larger than the number of available brokers."},
    {ErrorCode::invalid_replica_assignment, "Replica assignment is invalid."},
    {ErrorCode::invalid_config, "Configuration is invalid."},
    {ErrorCode::invalid_request,
     "This most likely occurs because of a request being malformed by the client "
     "library or the message was sent to an incompatible broker. See the broker "
     "logs for more details."},
    {ErrorCode::policy_violation, "Request parameters do not satisfy the configured policy."},
    {ErrorCode::invalid_producer_epoch, "Producer attempted to produce with an old epoch."},
    {ErrorCode::transactional_id_authorization_failed, "Transactional Id authorization failed."},
    {ErrorCode::invalid_txn_state,
     "The producer attempted a transactional operation in an invalid state."},
    {ErrorCode::invalid_producer_id_mapping,
     "The producer attempted to use a producer id which is not currently assigned to its "
     "transactional id."},
    {ErrorCode::transaction_coordinator_fenced,
     "Indicates that the transaction coordinator sending a WriteTxnMarker is no longer the "
     "current coordinator for a given producer."},
    {ErrorCode::concurrent_transactions,
     "The producer attempted to update a transaction while another concurrent operation on the "
     "same transaction was ongoing."},
    {ErrorCode::producer_fenced,
     "There is a newer producer with the same transactionalId which fences the current one."},
    {ErrorCode::security_disabled, "Security features are disabled."},
    {ErrorCode::log_dir_not_found,
     "The user-specified log directory is not found in the broker config."},
    {ErrorCode::non_empty_group, "The group is not empty."},
    {ErrorCode::group_id_not_found, "The group id does not exist."},
    {ErrorCode::fenced_instance_id,
     "The broker rejected this static consumer since another consumer with the same "
     "group.instance.id has registered with a different member.id."},
    {ErrorCode::group_subscribed_to_topic,
     "Deleting offsets of a topic is forbidden while the consumer group is actively "
     "subscribed to it."},
    {ErrorCode::invalid_record,
     "This record has failed the validation on broker and hence will be rejected."},
    {ErrorCode::resource_not_found,
     "A request illegally referred to a resource that does not exist."},
    {ErrorCode::duplicate_resource, "A request illegally referred to the same resource twice."},
    {ErrorCode::invalid_update_version, "The given update version was invalid."},
    {ErrorCode::feature_update_failed,
     "Unable to update finalized features due to an unexpected server error."},
    {ErrorCode::unknown_topic_id, "This server does not host this topic ID."},
    {ErrorCode::transactional_id_not_found, "The transactionalId could not be found."},
};

// Exceptions that are not named after their error.
constexpr std::pair<ErrorCode, std::string_view> exceptions[] = {
    {ErrorCode::unknown_server_error, "UnknownServerException"},
    {ErrorCode::request_timed_out, "TimeoutException"},
    {ErrorCode::message_too_large, "RecordTooLargeException"},
    {ErrorCode::invalid_topic_exception, "InvalidTopicException"},
    {ErrorCode::topic_already_exists, "TopicExistsException"},
    {ErrorCode::invalid_config, "InvalidConfigurationException"},
    {ErrorCode::network_exception, "NetworkException"},
};

}  // namespace

std::string exception_name(ErrorCode code) {
    const auto* found =
        std::ranges::find(exceptions, code, &std::pair<ErrorCode, std::string_view>::first);
    if (found != std::end(exceptions)) return std::string(found->second);
    std::string name;
    bool capital = true;
    for (const char c : std::string_view(error_name(code))) {
        if (c != '_') name += static_cast<char>(capital ? std::toupper(c) : std::tolower(c));
        capital = c == '_';
    }
    return name + "Exception";
}

std::string_view error_text(ErrorCode code) {
    const auto* found =
        std::ranges::find(texts, code, &std::pair<ErrorCode, std::string_view>::first);
    return found == std::end(texts) ? std::string_view(error_name(code)) : found->second;
}

}  // namespace barnabas::cli
