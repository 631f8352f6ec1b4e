// SPDX-License-Identifier: Apache-2.0
// Field by field; the embedded consumer protocol carries topics and assignments.
#include "broker/group/group_conversion.h"

#include "base/assert.h"
#include "broker/group/embedded_protocol.h"

namespace barnabas::broker {
namespace {

std::unexpected<Refusal> refuse(const ClassicGroup& group, const char* why) {
    return std::unexpected(Refusal{
        ErrorCode::group_id_not_found,
        "Cannot upgrade classic group " + group.id() + " to consumer group because " + why + "."});
}

}  // namespace

std::expected<std::vector<ConsumerMember>, Refusal> to_consumer_members(
    const ClassicGroup& group, const ConsumerGroupLimits& limits,
    const cluster::MetadataImage& image) {
    if (!limits.migration.upgrade) return refuse(group, "online upgrade is disabled");
    if (group.protocol_type() != "consumer")
        return refuse(group, "the group does not use the consumer embedded protocol");
    if (group.member_count() > static_cast<size_t>(limits.members_max))
        return refuse(group, "the group size exceeds the consumer group maximum size");
    std::vector<ConsumerMember> members;
    for (const ClassicGroup::MemberFacts& facts : group.member_facts()) {
        const StoredMember& stored = facts.stored;
        const auto& metadata = stored.subscription.empty() && !facts.protocols.empty()
                                   ? facts.protocols.front().metadata
                                   : stored.subscription;
        const auto subscription = read_subscription(metadata);
        const auto assignment = read_assignment(stored.assignment);
        if (!subscription || !assignment)
            return refuse(group, "the embedded consumer protocol is malformed");
        if (assignment->has_user_data)
            return refuse(group,
                          "an unsupported custom assignor is in use. Please refer to the "
                          "documentation or switch to a default assignor before re-attempting the "
                          "upgrade");
        ConsumerMember& member = members.emplace_back();
        member.id = stored.id;
        member.instance_id = stored.instance_id;
        member.rack_id = subscription->rack_id;
        member.client_id = stored.client_id;
        member.client_host = stored.client_host;
        member.topics = subscription->topics;
        member.rebalance_timeout_ms = stored.rebalance_timeout_ms;
        member.classic = ClassicFacts{stored.session_timeout_ms, facts.protocols};
        for (const TopicIdPartition& at : to_partition_set(assignment->partitions, image))
            member.assigned.push_back({at, 0});
    }
    return members;
}

std::vector<ClassicGroup::MemberFacts> to_classic_members(const ConsumerGroup& group,
                                                          const cluster::MetadataImage& image) {
    std::vector<ClassicGroup::MemberFacts> members;
    for (const auto& [id, member] : group.state().members()) {
        ASSERT(member.classic && !member.classic->protocols.empty());
        const GroupProtocol& protocol = member.classic->protocols.front();
        members.push_back({.stored = {.id = id,
                                      .instance_id = member.instance_id,
                                      .client_id = member.client_id,
                                      .client_host = member.client_host,
                                      .rebalance_timeout_ms = member.rebalance_timeout_ms,
                                      .session_timeout_ms = member.classic->session_timeout_ms,
                                      .subscription = protocol.metadata,
                                      .assignment = make_assignment(group.state().target(id),
                                                                    protocol.metadata, image)},
                           .protocols = member.classic->protocols});
    }
    return members;
}

}  // namespace barnabas::broker
