// SPDX-License-Identifier: Apache-2.0
// GroupMember: a member of a classic consumer group with the range assignor: joins, assigns if it
// is the leader, keeps its place by heartbeats between polls, commits, leaves. Reads no records.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/offsets.h"
#include "protocol/messages/join_group.h"

namespace barnabas::cli {

// Which member gets which partitions, by Kafka's range assignor: each topic's partitions in equal
// runs, the first members get one more. `subscriptions`: member -> topics. In order of member ids.
std::map<std::string, std::vector<PartitionName>> assign_ranges(
    const std::map<std::string, std::vector<std::string>>& subscriptions,
    const std::map<std::string, int32_t>& partition_counts);

struct Committed {
    int64_t offset = -1;
    std::optional<int32_t> leader_epoch;
};
// All that a group has committed, or that of `partitions`. Throws Failure.
std::map<PartitionName, Committed> committed_positions(
    Client& client, const std::string& group, const std::vector<PartitionName>* partitions);
// The offsets of these.
std::map<PartitionName, int64_t> committed_offsets(Client& client, const std::string& group,
                                                   const std::vector<PartitionName>* partitions);

// Who commits: a member, or nobody in particular (a tool, while the group has no members).
struct GroupSeat {
    std::string group;
    std::string member = {};
    int32_t generation = -1;
};
std::map<PartitionName, ErrorCode> commit_offsets(Client& client, const GroupSeat& seat,
                                                  const std::map<PartitionName, int64_t>& offsets);

class GroupMember {
  public:
    GroupMember(Client& client, std::string group, std::vector<std::string> topics)
        : client_(client), group_(std::move(group)), topics_(std::move(topics)) {}

    // Joins and waits for its part. Throws Failure if the group refuses.
    std::vector<PartitionName> join();
    // Called between polls: a heartbeat if one is due, and a commit every few seconds. False: the
    // group rebalances (what was read is committed), join again.
    bool keep_place(const std::map<PartitionName, int64_t>& positions);
    // The committed offsets of these partitions; those without one are left out.
    std::map<PartitionName, int64_t> committed(const std::vector<PartitionName>& partitions);
    // False if the member is not in the group any more.
    bool commit(const std::map<PartitionName, int64_t>& offsets);
    void leave();

  private:
    bool stay();
    Answer<protocol::JoinGroupResponse> ask_to_join();
    std::vector<uint8_t> sync(const protocol::JoinGroupResponse& joined);
    Connection& coordinator() { return client_.coordinator(CoordinatorType::group, group_); }

    Client& client_;
    std::string group_;
    std::vector<std::string> topics_;
    std::string member_id_;
    int32_t generation_ = -1;
    Nanos last_heartbeat_{}, last_commit_{};
};

}  // namespace barnabas::cli
