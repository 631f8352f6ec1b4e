// SPDX-License-Identifier: Apache-2.0
// Field by field, with what the versions differ in.
#include "broker/group/group_wire.h"

#include <utility>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

std::vector<uint8_t> copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

std::optional<std::string> copy(const std::optional<Text>& text) {
    return text.transform([](const Text& value) { return value.str(); });
}

std::optional<Text> own(std::optional<std::string> text) {
    if (!text) return std::nullopt;
    return Text(std::move(*text));
}

}  // namespace

std::string random_uuid_text(Random& random) {
    static constexpr const char* digits = "0123456789abcdef";
    const Uuid id = random.uuid();
    std::string text;
    for (size_t i = 0; i < id.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[id.bytes[i] >> 4];
        text += digits[id.bytes[i] & 15];
    }
    return text;
}

MemberClaim claim_of(const Text& member_id, const std::optional<Text>& instance_id,
                     int32_t generation) {
    return {member_id.str(), copy(instance_id), generation};
}

JoinCommand join_command(const protocol::JoinGroupRequest& request, int16_t version) {
    JoinCommand command{.group = request.group_id.str(),
                        .member_id = request.member_id.str(),
                        .instance_id = copy(request.group_instance_id),
                        .session_timeout_ms = request.session_timeout_ms,
                        .rebalance_timeout_ms = version >= 1 ? request.rebalance_timeout_ms
                                                             : request.session_timeout_ms,
                        .protocol_type = request.protocol_type.str(),
                        .id_required = version >= 4,
                        .can_skip_assignment = version >= 9};
    for (const auto& protocol : request.protocols)
        command.protocols.push_back({protocol.name.str(), copy(protocol.metadata)});
    return command;
}

protocol::JoinGroupResponse join_response(JoinAnswer answer, int16_t version) {
    protocol::JoinGroupResponse response;
    response.error_code = answer.error;
    response.generation_id = answer.generation;
    response.protocol_type = own(std::move(answer.protocol_type));
    // Before v7 it cannot be null.
    if (!answer.protocol && version < 7) answer.protocol.emplace();
    response.protocol_name = own(std::move(answer.protocol));
    response.leader = Text(std::move(answer.leader));
    response.skip_assignment = answer.skip_assignment;
    response.member_id = Text(std::move(answer.member_id));
    for (JoinAnswer::Member& member : answer.members) {
        auto& told = response.members.emplace_back();
        told.member_id = Text(std::move(member.id));
        told.group_instance_id = own(std::move(member.instance_id));
        told.metadata = Blob(std::move(member.metadata));
    }
    return response;
}

SyncCommand sync_command(const protocol::SyncGroupRequest& request) {
    SyncCommand command{.group = request.group_id.str(),
                        .member_id = request.member_id.str(),
                        .instance_id = copy(request.group_instance_id),
                        .generation = request.generation_id,
                        .protocol_type = copy(request.protocol_type),
                        .protocol = copy(request.protocol_name)};
    for (const auto& assignment : request.assignments)
        command.assignments.push_back({assignment.member_id.str(), copy(assignment.assignment)});
    return command;
}

protocol::SyncGroupResponse sync_response(SyncAnswer answer, int16_t) {
    protocol::SyncGroupResponse response;
    response.error_code = answer.error;
    response.protocol_type = own(std::move(answer.protocol_type));
    response.protocol_name = own(std::move(answer.protocol));
    response.assignment = Blob(std::move(answer.assignment));
    return response;
}

std::vector<MemberClaim> leaving_of(const protocol::LeaveGroupRequest& request, int16_t version) {
    std::vector<MemberClaim> leaving;
    if (version < 3) {
        leaving.push_back({.member_id = request.member_id.str()});
        return leaving;
    }
    for (const auto& member : request.members)
        leaving.push_back(claim_of(member.member_id, member.group_instance_id, -1));
    return leaving;
}

protocol::LeaveGroupResponse leave_response(const protocol::LeaveGroupRequest& request,
                                            ErrorCode error, const std::vector<ErrorCode>& results,
                                            int16_t version) {
    protocol::LeaveGroupResponse response;
    response.error_code = error;
    if (error != ErrorCode::none) return response;
    if (version < 3) {
        ASSERT(results.size() == 1);
        response.error_code = results.front();
        return response;
    }
    ASSERT(results.size() == request.members.size());
    for (size_t i = 0; i < results.size(); ++i) {
        auto& told = response.members.emplace_back();
        told.member_id = request.members[i].member_id;
        told.group_instance_id = request.members[i].group_instance_id;
        told.error_code = results[i];
    }
    return response;
}

}  // namespace barnabas::broker
