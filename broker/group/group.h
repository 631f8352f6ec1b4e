// SPDX-License-Identifier: Apache-2.0
// Group: what all kinds of groups are to those who do not care which kind it is: offsets, listing,
// deleting. Owned by a GroupShard; a pure state machine, time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "broker/group/group_records.h"
#include "broker/group/group_types.h"

namespace barnabas::broker {

enum class GroupType { classic, consumer };

// As ListGroups tells it: "classic", "consumer".
std::string_view group_type_name(GroupType type);

// Who wants to commit what: OffsetCommit or, with `transactional`, TxnOffsetCommit.
struct CommitClaim {
    MemberClaim member{};
    int16_t version = 0;
    bool transactional = false;
    std::vector<std::pair<Uuid, PartitionIndex>> partitions{};
};

class Group {
  public:
    virtual ~Group() = default;
    virtual GroupType type() const = 0;
    virtual const std::string& id() const = 0;
    // As ListGroups and the describe APIs tell it: "Stable".
    virtual std::string_view state_name() const = 0;
    // "consumer", "connect"; empty if nobody has ever said.
    virtual std::string_view protocol_type() const = 0;
    virtual bool has_members() const = 0;
    // Whether a member wants the topic's records: its offsets are not deleted then.
    virtual bool subscribed_to(std::string_view topic) const = 0;
    // Whether the claimant may commit (G04, G21); counts as a classic member's sign of life.
    virtual ErrorCode check_offset_commit(const CommitClaim& claim, GroupTime time) = 0;
    // OffsetFetch v9+ with a member: unknown_member_id, stale_member_epoch. Without one: none.
    virtual ErrorCode check_offset_fetch(const MemberClaim& claim) const = 0;
    // Since when, by the wall clock, an offset has been of no use to the group (G15): it expires so
    // long after. Nothing while it is in use, or while nobody can tell.
    virtual std::optional<int64_t> unused_since_ms(const CommittedOffset& committed) const {
        return committed.commit_ms;
    }
    // Records after which the log knows nothing of the group but its offsets.
    virtual std::vector<CoordinatorRecord> tombstones() const = 0;
};

}  // namespace barnabas::broker
