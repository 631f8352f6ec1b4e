// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: consumer groups and committed offsets of the __consumer_offsets partitions led
// here. The door of broker/group for handlers. The state machines behind it are pure (GroupShard,
// ClassicGroup); this class runs them: looks up the partition, appends their records through
// CoordinatorPartition, lets them know when those are committed, answers. Lives on shard 0.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/partition/transaction_guards.h"
#include "broker/partition/transaction_marker.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "storage/log_types.h"

namespace barnabas::cluster {
class ClusterNode;
struct MetadataImage;
}  // namespace barnabas::cluster

namespace barnabas::broker {

struct BrokerConfig;
class PartitionTable;

class GroupCoordinator {
  public:
    // Hears from `partitions` which partitions of __consumer_offsets are led here; asks `cluster`
    // for topic names and ids.
    GroupCoordinator(boost::asio::any_io_executor executor, Clock& clock, Random& random,
                     const BrokerConfig& config, PartitionTable& partitions,
                     const cluster::ClusterNode& cluster);
    GroupCoordinator(const GroupCoordinator&) = delete;
    GroupCoordinator& operator=(const GroupCoordinator&) = delete;
    ~GroupCoordinator();  // after stop()

    // Partition of __consumer_offsets that holds the group: Java's String.hashCode modulo the
    // number of partitions.
    PartitionIndex partition_of(std::string_view group_id) const;
    // A partition of __consumer_offsets is led here now: replays it; groups answer
    // coordinator_load_in_progress until that is done. No longer: groups answer not_coordinator.
    void on_partition(const storage::TopicPartition& partition, bool led);
    // Answers everybody who waits, then waits for what runs, at most until `deadline`.
    Task<void> stop(Nanos deadline);

    // Requests are taken by value: views in them live as long as the frame that the caller holds.
    // `client_host` is an address as text.
    Task<protocol::JoinGroupResponse> join(protocol::JoinGroupRequest request, int16_t version,
                                           std::string client_id, std::string client_host);
    Task<protocol::SyncGroupResponse> sync(protocol::SyncGroupRequest request, int16_t version);
    Task<protocol::HeartbeatResponse> heartbeat(protocol::HeartbeatRequest request);
    // KIP-848.
    Task<protocol::ConsumerGroupHeartbeatResponse> consumer_heartbeat(
        protocol::ConsumerGroupHeartbeatRequest request, int16_t version, std::string client_id,
        std::string client_host);
    Task<protocol::ConsumerGroupDescribeResponse> describe_consumer_groups(
        protocol::ConsumerGroupDescribeRequest request);
    Task<protocol::LeaveGroupResponse> leave(protocol::LeaveGroupRequest request, int16_t version);
    Task<protocol::OffsetCommitResponse> commit(protocol::OffsetCommitRequest request,
                                                int16_t version);
    Task<protocol::OffsetFetchResponse> fetch(protocol::OffsetFetchRequest request,
                                              int16_t version);

    // group_coordinator_transactions.cc
    // Whether commit_in_transaction() would find the group's partition ready.
    ErrorCode ready_for(std::string_view group_id) const;
    // TxnOffsetCommit: the offsets count when the transaction commits. `ticket` is the guard's of
    // the group's partition, for which the transaction coordinator has agreed; what that refused
    // is told with refuse_transactional_commit().
    Task<protocol::TxnOffsetCommitResponse> commit_in_transaction(
        protocol::TxnOffsetCommitRequest request, int16_t version,
        TransactionGuards::Ticket ticket);
    protocol::TxnOffsetCommitResponse refuse_transactional_commit(
        const protocol::TxnOffsetCommitRequest& request, ErrorCode error) const;
    // Ends a producer's transaction in a partition of __consumer_offsets: its offsets are visible,
    // or gone, when this completes (X16), in the order of the log (X17). Errors as those of
    // TransactionMarkerWriter::write().
    Task<ErrorCode> end_transaction(PartitionIndex partition, TransactionMarker marker,
                                    Nanos deadline);

    // group_coordinator_admin.cc
    Task<protocol::ListGroupsResponse> list(protocol::ListGroupsRequest request);
    Task<protocol::DescribeGroupsResponse> describe(protocol::DescribeGroupsRequest request,
                                                    int16_t version);
    Task<protocol::DeleteGroupsResponse> remove(protocol::DeleteGroupsRequest request);
    Task<protocol::OffsetDeleteResponse> delete_offsets(protocol::OffsetDeleteRequest request);
    // Offsets of topics that `after` no longer has are removed (G16).
    void on_image(const cluster::MetadataImage& before, const cluster::MetadataImage& after);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas::broker
