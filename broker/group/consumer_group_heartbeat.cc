// SPDX-License-Identifier: Apache-2.0
// ConsumerGroup: ConsumerGroupHeartbeat. Joining, leaving, static members (KIP-345), retries after
// a lost answer (G09).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/group/consumer_group.h"
#include "broker/group/topic_regex.h"

namespace barnabas::broker {
namespace {

std::unexpected<Refusal> refuse(ErrorCode error, std::string message) {
    return std::unexpected(Refusal{error, std::move(message)});
}

std::unexpected<Refusal> invalid(const char* message) {
    return refuse(ErrorCode::invalid_request, message);
}

bool is_blank(const std::optional<std::string>& text) {
    if (!text) return false;
    return std::ranges::all_of(*text, [](unsigned char c) { return c <= ' '; });
}

// Members before v1 may leave their id to the broker.
constexpr int16_t own_id_version = 1;

// How often members of a group in motion are asked for heartbeats: each of them, all of them.
constexpr int64_t quickest_interval_ms = 200;
constexpr int64_t heartbeats_per_second = 2500;

bool is_full(const ConsumerHeartbeat& command) {
    return command.rebalance_timeout_ms != -1 && (command.topics || command.regex) && command.owned;
}

}  // namespace

std::expected<void, Refusal> check_consumer_heartbeat(const ConsumerHeartbeat& command,
                                                      const ConsumerGroupLimits& limits) {
    const bool needs_id =
        command.version >= own_id_version || command.epoch > 0 || command.epoch == epoch_leave;
    if (needs_id && is_blank(command.member_id)) return invalid("MemberId can't be empty.");
    if (is_blank(command.group)) return invalid("GroupId can't be empty.");
    if (is_blank(command.instance_id)) return invalid("InstanceId can't be empty.");
    if (is_blank(command.rack_id)) return invalid("RackId can't be empty.");
    if (command.epoch == epoch_join) {
        if (command.rebalance_timeout_ms == -1)
            return invalid("RebalanceTimeoutMs must be provided in first request.");
        if (!command.owned || !command.owned->empty())
            return invalid("TopicPartitions must be empty when (re-)joining.");
        if (!command.topics && !command.regex)
            return invalid(
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
                "(re-)joining.");
    } else if (command.epoch == epoch_leave_static && !command.instance_id) {
        return invalid("InstanceId can't be null.");
    } else if (command.epoch < epoch_leave_static) {
        return invalid("MemberEpoch is invalid.");
    }
    if (command.assignor &&
        std::ranges::find(limits.assignors, *command.assignor) == limits.assignors.end())
        return refuse(ErrorCode::unsupported_assignor,
                      fmt::format("ServerAssignor {} is not supported. Supported assignors: {}.",
                                  *command.assignor, fmt::join(limits.assignors, ", ")));
    return {};
}

ConsumerHeartbeatAnswer refuse_heartbeat(Refusal refusal) {
    ConsumerHeartbeatAnswer answer{.error = refusal.error};
    if (!refusal.message.empty()) answer.message = std::move(refusal.message);
    return answer;
}

ConsumerHeartbeatAnswer ConsumerGroup::heartbeat(const ConsumerHeartbeat& command,
                                                 const ConsumerGroupContext& ctx, Records& out) {
    if (command.epoch == epoch_leave || command.epoch == epoch_leave_static)
        return leave(command, ctx, out);
    if (auto room = check_room(command.member_id, ctx.limits); !room)
        return refuse_heartbeat(std::move(room.error()));
    auto arrival = arrive(command);
    if (!arrival) return refuse_heartbeat(std::move(arrival.error()));
    if (auto checked = check_regex(*arrival); !checked)
        return refuse_heartbeat(std::move(checked.error()));
    const std::string id = arrival->after.id;
    const bool subscription_changed = arrival->before.topics != arrival->after.topics ||
                                      arrival->before.regex != arrival->after.regex;
    enter(*arrival, ctx, out);
    update_target(ctx, out);
    auto reconciled = reconcile_member(id, command.owned, subscription_changed, ctx, out);
    if (!reconciled) return refuse_heartbeat(std::move(reconciled.error()));
    const ConsumerMember& member = *state_.member(id);
    see(member, ctx);
    note_motion(ctx.time.now);
    ConsumerHeartbeat named = command;
    named.member_id = id;
    return answer(named, arrival->before, ctx);
}

ConsumerHeartbeatAnswer ConsumerGroup::answer(const ConsumerHeartbeat& command,
                                              const ConsumerMember& before,
                                              const ConsumerGroupContext& ctx) const {
    const ConsumerMember& member = *state_.member(command.member_id);
    ConsumerHeartbeatAnswer answer{.member_id = member.id,
                                   .epoch = member.epoch,
                                   .heartbeat_interval_ms = heartbeat_interval_ms(ctx)};
    // Whoever says everything is told everything, the others what is new.
    PartitionSet assigned = partitions_of(member.assigned);
    if (command.epoch == epoch_join || is_full(command) ||
        assigned != partitions_of(before.assigned))
        answer.assignment = std::move(assigned);
    return answer;
}

void ConsumerGroup::note_motion(Nanos now) {
    if (std::exchange(moved_to_, state_.epoch()) != state_.epoch()) moved_at_ = now;
}

// Partitions change hands by heartbeats alone: one to hear that something has to be given up, one
// to say so, one to get it. So while a group is in motion its members are asked more often, the
// more of them the less; a group at rest keeps the configured pace, and so does one that is told to
// wait between assignments, as Kafka does.
int32_t ConsumerGroup::heartbeat_interval_ms(const ConsumerGroupContext& ctx) const {
    const int32_t usual_ms = ctx.settings.heartbeat_interval_ms;
    if (ctx.settings.assignment_interval_ms > 0) return usual_ms;
    if (ctx.time.now - moved_at_ > 2 * std::chrono::milliseconds(usual_ms)) return usual_ms;
    const auto members = static_cast<int64_t>(state_.members().size());
    const int64_t soon_ms = std::max(quickest_interval_ms, members * 1000 / heartbeats_per_second);
    return static_cast<int32_t>(std::min<int64_t>(soon_ms, usual_ms));
}

ConsumerGroup::Checked<void> ConsumerGroup::check_room(const std::string& member_id,
                                                       const ConsumerGroupLimits& limits) const {
    if (state_.members().size() < static_cast<size_t>(limits.members_max)) return {};
    if (state_.member(member_id) != nullptr) return {};
    return refuse(ErrorCode::group_max_size_reached,
                  fmt::format("The consumer group has reached its maximum capacity of {} members.",
                              limits.members_max));
}

ConsumerGroup::Checked<ConsumerGroup::Arrival> ConsumerGroup::arrive(
    const ConsumerHeartbeat& command) const {
    Arrival arrival;
    const ConsumerMember* known = command.instance_id ? state_.static_member(*command.instance_id)
                                                      : state_.member(command.member_id);
    if (command.epoch == epoch_join) {
        const std::string& id = command.member_id.empty() ? command.fresh_id : command.member_id;
        if (command.instance_id && known != nullptr) {
            // The instance is started anew; the old one must have said that it stops.
            if (!known->classic && known->epoch != epoch_leave_static)
                return refuse(ErrorCode::unreleased_instance_id,
                              fmt::format("Static member {} with instance id {} cannot join the "
                                          "group because the instance id is owned by {} member.",
                                          id, *command.instance_id, known->id));
            arrival.replaces = known->id;
            arrival.before = *known;
            arrival.before.epoch = arrival.before.previous_epoch = 0;
        } else if (const ConsumerMember* same = state_.member(id)) {
            arrival.before = *same;
        }
        arrival.before.id = id;
    } else {
        if (known == nullptr && command.instance_id)
            return refuse(ErrorCode::unknown_member_id,
                          fmt::format("Instance id {} is unknown.", *command.instance_id));
        if (known == nullptr) return std::unexpected(not_a_member(command.member_id));
        if (known->id != command.member_id)
            return refuse(ErrorCode::fenced_instance_id,
                          fmt::format("Static member {} with instance id {} was fenced by member "
                                      "{}.",
                                      command.member_id, *command.instance_id, known->id));
        if (auto checked = check_epoch(*known, command); !checked)
            return std::unexpected(std::move(checked.error()));
        arrival.before = *known;
    }
    ConsumerMember& after = arrival.after = arrival.before;
    if (command.instance_id) after.instance_id = command.instance_id;
    if (command.rack_id) after.rack_id = command.rack_id;
    if (command.rebalance_timeout_ms != -1)
        after.rebalance_timeout_ms = command.rebalance_timeout_ms;
    if (command.assignor) after.assignor = command.assignor;
    if (command.topics) after.topics = *command.topics;
    if (command.regex) after.regex = *command.regex;
    after.client_id = command.client_id;
    after.client_host = command.client_host;
    after.classic.reset();
    return arrival;
}

ConsumerGroup::Checked<void> ConsumerGroup::check_epoch(const ConsumerMember& member,
                                                        const ConsumerHeartbeat& command) const {
    const auto fenced = [&](const char* relation) {
        return refuse(
            ErrorCode::fenced_member_epoch,
            fmt::format("The consumer group member has a {} member epoch ({}) than the one known "
                        "by the group coordinator ({}). The member must abandon all its partitions "
                        "and rejoin.",
                        relation, command.epoch, member.epoch));
    };
    if (command.epoch > member.epoch) return fenced("greater");
    if (command.epoch == member.epoch) return {};
    // The answer with the newer epoch may have been lost: then it owns nothing that is not its.
    const bool owns_its_own =
        command.owned && std::ranges::includes(partitions_of(member.assigned), *command.owned);
    if (command.epoch != member.previous_epoch || !owns_its_own) return fenced("smaller");
    return {};
}

ConsumerGroup::Checked<void> ConsumerGroup::check_regex(const Arrival& arrival) const {
    const std::string& regex = arrival.after.regex;
    if (regex.empty() || regex == arrival.before.regex ||
        state_.regex_subscribers().contains(regex))
        return {};
    const auto problem = check_topic_regex(regex);
    if (!problem) return {};
    return refuse(ErrorCode::invalid_regular_expression,
                  fmt::format("SubscribedTopicRegex `{}` is not a valid regular expression: {}.",
                              regex, *problem));
}

ConsumerHeartbeatAnswer ConsumerGroup::leave(const ConsumerHeartbeat& command,
                                             const ConsumerGroupContext& ctx, Records& out) {
    const ConsumerMember* member = command.instance_id ? state_.static_member(*command.instance_id)
                                                       : state_.member(command.member_id);
    if (member == nullptr && command.instance_id)
        return refuse_heartbeat({ErrorCode::unknown_member_id,
                                 fmt::format("Instance id {} is unknown.", *command.instance_id)});
    if (member == nullptr) return refuse_heartbeat(not_a_member(command.member_id));
    if (member->id != command.member_id)
        return refuse_heartbeat(
            {ErrorCode::fenced_instance_id,
             fmt::format("Static member {} with instance id {} was fenced by member {}.",
                         command.member_id, *command.instance_id, member->id)});
    if (command.epoch == epoch_leave) {
        fence({member->id}, ctx, out);
    } else {
        // It keeps its place until its session ends.
        ConsumerMember away = *member;
        away.epoch = epoch_leave_static;
        away.revoking.clear();
        add(make_current_record(id_, away), out);
    }
    return {.member_id = command.member_id, .epoch = command.epoch};
}

}  // namespace barnabas::broker
