// SPDX-License-Identifier: Apache-2.0
// What goes into and comes out of the classic group's state machine: commands, answers, records to
// write. Plain values, no behaviour. Answers that come later carry the ticket of the command they
// belong to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/nanos.h"
#include "broker/group/group_records.h"

namespace barnabas::broker {

// Names one join or sync that waits for its answer; given by the caller, unique.
using GroupTicket = uint64_t;

// The time of a command: monotonic for deadlines, wall clock for what is stored.
struct GroupTime {
    Nanos now{};
    int64_t wall_ms = 0;
};

struct GroupLimits {
    int32_t session_timeout_min_ms = 6000;
    int32_t session_timeout_max_ms = 1'800'000;
    int32_t members_max = INT32_MAX;
    Nanos initial_delay{};
    // A member that joins for the first time has nothing to send heartbeats with: its join is given
    // up after this long.
    Nanos new_member_timeout = std::chrono::minutes(5);
};

struct GroupProtocol {
    std::string name{};
    std::vector<uint8_t> metadata{};
    friend bool operator==(const GroupProtocol&, const GroupProtocol&) = default;
};

struct JoinCommand {
    GroupTicket ticket = 0;
    std::string group{};
    std::string member_id{};  // empty: a new member
    std::optional<std::string> instance_id{};
    std::string client_id{};
    std::string client_host{};
    int32_t session_timeout_ms = 0;
    int32_t rebalance_timeout_ms = 0;
    std::string protocol_type{};
    std::vector<GroupProtocol> protocols{};
    // Clients of v4+ are given an id first and join with it (KIP-394).
    bool id_required = false;
    // Clients of v9+ can be told not to assign anew (KIP-814).
    bool can_skip_assignment = false;
    // The id to give to a new member.
    std::string fresh_id{};
};

struct JoinAnswer {
    struct Member {
        std::string id{};
        std::optional<std::string> instance_id{};
        std::vector<uint8_t> metadata{};
    };
    GroupTicket ticket = 0;
    ErrorCode error = ErrorCode::none;
    int32_t generation = -1;
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol{};
    std::string leader{};
    std::string member_id{};
    bool skip_assignment = false;
    std::vector<Member> members{};  // for the leader only
};

struct SyncCommand {
    GroupTicket ticket = 0;
    std::string group{};
    std::string member_id{};
    std::optional<std::string> instance_id{};
    int32_t generation = -1;
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol{};
    struct Assignment {
        std::string member_id{};
        std::vector<uint8_t> bytes{};
    };
    std::vector<Assignment> assignments{};
};

struct SyncAnswer {
    GroupTicket ticket = 0;
    ErrorCode error = ErrorCode::none;
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol{};
    std::vector<uint8_t> assignment{};
};

// Who speaks, as Heartbeat, OffsetCommit and LeaveGroup say it.
struct MemberClaim {
    std::string member_id{};
    std::optional<std::string> instance_id{};
    int32_t generation = -1;
};

// A record that a group wants written. The machine hears of the outcome by its id.
struct GroupWrite {
    std::string group{};
    uint64_t id = 0;
    CoordinatorRecord record{};
};

// Records that belong together and have been applied, and who is answered when they are committed.
struct GroupBatch {
    std::string group{};
    std::vector<CoordinatorRecord> records{};
    std::vector<JoinAnswer> joins{};
};

// What a step of a machine wants done: batches first.
struct GroupEffects {
    std::vector<GroupBatch> batches{};
    std::vector<JoinAnswer> joins{};
    std::vector<SyncAnswer> syncs{};
    std::vector<GroupWrite> writes{};
};

}  // namespace barnabas::broker
