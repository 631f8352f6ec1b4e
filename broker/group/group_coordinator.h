// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: consumer groups and committed offsets of the __consumer_offsets partitions led here.
// The door of broker/group for handlers; state machines behind it are pure (decide/apply), this class
// runs them: appends records, waits until they are committed, applies, answers. Lives on shard 0.
#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "storage/log_types.h"

namespace barnabas::broker {

struct BrokerConfig;
class PartitionTable;

class GroupCoordinator {
  public:
    GroupCoordinator(Clock& clock, Random& random, const BrokerConfig& config,
                     PartitionTable& partitions);
    ~GroupCoordinator();

    // Partition of __consumer_offsets that holds the group: Java's String.hashCode modulo the count.
    PartitionIndex partition_of(std::string_view group_id) const;
    // A partition of __consumer_offsets is led here now: replays it; groups answer
    // coordinator_load_in_progress until that is done. Gone: groups answer not_coordinator.
    void on_partition(const storage::TopicPartition& partition, bool present);
    Task<void> stop();

    // Requests are taken by value: views in them live as long as the frame that the caller holds.
    Task<protocol::JoinGroupResponse> join(protocol::JoinGroupRequest request, int16_t version,
                                           std::string client_id, std::string client_host);
    Task<protocol::SyncGroupResponse> sync(protocol::SyncGroupRequest request, int16_t version);
    Task<protocol::HeartbeatResponse> heartbeat(protocol::HeartbeatRequest request);
    Task<protocol::LeaveGroupResponse> leave(protocol::LeaveGroupRequest request, int16_t version);
    Task<protocol::OffsetCommitResponse> commit(protocol::OffsetCommitRequest request,
                                                int16_t version);
    Task<protocol::OffsetFetchResponse> fetch(protocol::OffsetFetchRequest request,
                                              int16_t version);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas::broker
