// SPDX-License-Identifier: Apache-2.0
// The classic group requests between their wire forms and the machine's commands and answers. Pure
// functions; what is kept beyond a request is copied here.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "broker/group/group_types.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"

namespace barnabas::broker {

// "0b5bf2fd-66bc-4d34-8f0e-cf5ab0b2e1b9", as in member ids.
std::string random_uuid_text(Random& random);

MemberClaim claim_of(const Text& member_id, const std::optional<Text>& instance_id,
                     int32_t generation);

JoinCommand join_command(const protocol::JoinGroupRequest& request, int16_t version);
protocol::JoinGroupResponse join_response(JoinAnswer answer, int16_t version);

SyncCommand sync_command(const protocol::SyncGroupRequest& request);
protocol::SyncGroupResponse sync_response(SyncAnswer answer, int16_t version);

// Before v3 a request is about one member, and its result is the response's own error.
std::vector<MemberClaim> leaving_of(const protocol::LeaveGroupRequest& request, int16_t version);
protocol::LeaveGroupResponse leave_response(const protocol::LeaveGroupRequest& request,
                                            ErrorCode error, const std::vector<ErrorCode>& results,
                                            int16_t version);

}  // namespace barnabas::broker
