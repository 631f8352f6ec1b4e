// SPDX-License-Identifier: Apache-2.0
// What administrators see of groups and do to them: listing, describing, deleting groups and
// offsets, and what time does by itself: offsets expire, groups that are nothing are forgotten.
// Pure functions over a GroupShard: they give answers and records; GroupCoordinator writes those.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/group_shard.h"
#include "broker/group/pending_commits.h"
#include "cluster/metadata_image.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_delete.h"

namespace barnabas::broker {

// Groups in one of these states and of one of these types, whatever the case; empty: all.
struct GroupFilter {
    std::set<std::string> states{};
    std::set<std::string> types{};
    bool any_state = true;
    bool any_type = true;
};
GroupFilter filter_of(const protocol::ListGroupsRequest& request);
void list_groups(const GroupShard& shard, const GroupFilter& filter,
                 std::vector<protocol::ListGroupsResponse::ListedGroup>& listed);

using DescribedGroup = protocol::DescribeGroupsResponse::DescribedGroup;
// Before v6 a group that is not known is Dead, and no error.
DescribedGroup describe_classic_group(const GroupShard& shard, std::string_view group,
                                      int16_t version);

// Removes a group and gives in `records` what has to be written for that. group_id_not_found,
// non_empty_group: nothing was done.
ErrorCode delete_group(GroupShard& shard, std::string_view group, const PendingCommits& pending,
                       std::vector<CoordinatorRecord>& records);

struct PlannedOffsetDelete {
    std::vector<CoordinatorRecord> records{};
    protocol::OffsetDeleteResponse response{};
};
// Topics and partitions that are not there are answered; the others are left to
// delete_offsets_of_group().
PlannedOffsetDelete plan_offset_delete(const protocol::OffsetDeleteRequest& request,
                                       const cluster::MetadataImage& image);
void delete_offsets_of_group(const GroupShard& shard, const protocol::OffsetDeleteRequest& request,
                             const cluster::MetadataImage& image, const PendingCommits& pending,
                             PlannedOffsetDelete& planned);

struct ExpiryTerms {
    int64_t now_ms = 0;
    int64_t retention_ms = 0;
};
// Tombstones for offsets of one group that nobody has used for long, and for the group itself when
// nothing is left of it (G15). Offsets on their way into the log are left alone.
std::vector<CoordinatorRecord> expire_group(GroupShard& shard, const std::string& group,
                                            const PendingCommits& pending,
                                            const ExpiryTerms& terms);
// Names of topics that were deleted; offsets committed to an id that the image does not know belong
// to one, too (G16).
std::vector<CoordinatorRecord> drop_deleted_topics(const GroupShard& shard,
                                                   const std::set<std::string>& deleted,
                                                   const cluster::MetadataImage& image,
                                                   const PendingCommits& pending);

}  // namespace barnabas::broker
