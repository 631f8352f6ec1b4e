// SPDX-License-Identifier: Apache-2.0
// GroupShard: consumer groups (KIP-848), and groups that become ones of the other kind.
#include <utility>

#include "base/assert.h"
#include "broker/group/group_conversion.h"
#include "broker/group/group_shard.h"
#include "protocol/record_framing.h"

namespace barnabas::broker {

Result<void> GroupShard::apply(Bytes key, std::optional<Bytes> value) {
    TRY_ASSIGN(const int16_t type, protocol::coordinator_key_type(key));
    if (!is_consumer_group_record(type)) return stored_.apply(key, value);
    TRY_ASSIGN(const ConsumerGroupRecord record, read_consumer_group_record(key, value));
    if (loaded_) return {};
    auto& entry = groups_.emplace(record.group, Entry{}).first->second;
    if (!entry.consumer) entry.consumer = std::make_unique<ConsumerGroup>(record.group);
    entry.consumer->apply(record.change);
    return {};
}

void GroupShard::set_image(std::shared_ptr<const cluster::MetadataImage> image) {
    if (image == image_) return;
    image_ = std::move(image);
    ++image_version_;
}

void GroupShard::set_consumer_groups(ConsumerGroupLimits limits, SettingsOf settings_of) {
    ASSERT(!limits.assignors.empty());
    consumer_limits_ = std::move(limits);
    settings_of_ = std::move(settings_of);
}

ConsumerGroupContext GroupShard::context(const std::string& group, GroupTime time) const {
    return {.time = time,
            .image = *image_,
            .image_version = image_version_,
            .limits = consumer_limits_,
            .settings = settings_of_ ? settings_of_(group) : ConsumerGroupSettings{}};
}

ConsumerHeartbeatAnswer GroupShard::consumer_heartbeat(const ConsumerHeartbeat& command,
                                                       GroupTime time, GroupEffects& effects) {
    if (auto checked = check_consumer_heartbeat(command, consumer_limits_); !checked)
        return refuse_heartbeat(std::move(checked.error()));
    const auto at = groups_.find(command.group);
    const bool exists = at != groups_.end();
    if (!exists && command.epoch != epoch_join) {
        const bool leaves = command.epoch < 0;
        return refuse_heartbeat(
            {ErrorCode::group_id_not_found,
             (leaves ? "Group " : "Consumer group ") + command.group + " not found."});
    }
    if (!exists || (at->second.group && command.epoch == epoch_join))
        return join_new_consumer_group(command, at, time, effects);
    if (at->second.group)
        return refuse_heartbeat({ErrorCode::group_id_not_found,
                                 "Group " + command.group + " is not a consumer group."});
    GroupBatch batch{.group = command.group};
    auto answer =
        at->second.consumer->heartbeat(command, context(command.group, time), batch.records);
    downgrade_if_due(at, batch.records, time, effects);
    if (!batch.records.empty()) effects.batches.push_back(std::move(batch));
    settle(at);
    return answer;
}

// The first member of a group, or the first of this protocol in a classic group: that becomes a
// consumer group, whose members stay in it and keep what they have (G11). If the member is refused,
// nothing has happened.
ConsumerHeartbeatAnswer GroupShard::join_new_consumer_group(const ConsumerHeartbeat& command,
                                                            Groups::iterator at, GroupTime time,
                                                            GroupEffects& effects) {
    const ConsumerGroupContext ctx = context(command.group, time);
    auto fresh = std::make_unique<ConsumerGroup>(command.group);
    GroupBatch batch{.group = command.group};
    if (at != groups_.end()) {
        const ClassicGroup& classic = *at->second.group;
        batch.records = classic.tombstones();
        if (classic.member_count() > 0) {
            const auto members = to_consumer_members(classic, consumer_limits_, *image_);
            if (!members) return refuse_heartbeat(members.error());
            fresh->adopt(classic.as_stored(time.wall_ms), *members, ctx, batch.records);
        }
    }
    auto answer = fresh->heartbeat(command, ctx, batch.records);
    if (answer.error != ErrorCode::none) return answer;
    if (at != groups_.end()) {
        at->second.group->abandon(ErrorCode::rebalance_in_progress, effects);
        erase(at);
    }
    const auto made = groups_.emplace(command.group, Entry{}).first;
    made->second.consumer = std::move(fresh);
    effects.batches.push_back(std::move(batch));
    settle(made);
    return answer;
}

void GroupShard::join_consumer_group(Groups::iterator at, const JoinCommand& command,
                                     GroupTime time, GroupEffects& effects) {
    GroupBatch batch{.group = command.group};
    JoinAnswer answer =
        at->second.consumer->classic_join(command, context(command.group, time), batch.records);
    downgrade_if_due(at, batch.records, time, effects);
    settle(command.group);
    if (batch.records.empty()) {
        effects.joins.push_back(std::move(answer));
        return;
    }
    batch.joins.push_back(std::move(answer));
    effects.batches.push_back(std::move(batch));
}

// Only members of the classic protocol are left: they go on as a classic group.
void GroupShard::downgrade_if_due(Groups::iterator at, Records& records, GroupTime time,
                                  GroupEffects& effects) {
    ConsumerGroup& consumer = *at->second.consumer;
    const auto downgrade = consumer.take_downgrade();
    if (downgrade == ConsumerGroup::Downgrade::none) return;
    auto classic = make_classic(at->first);
    const ConsumerGroupState& state = consumer.state();
    classic->adopt(state.epoch(), to_classic_members(consumer, *image_), time);
    for (CoordinatorRecord& record : consumer.tombstones()) records.push_back(std::move(record));
    records.push_back(make_generation_record(at->first, classic->as_stored(time.wall_ms)));
    at->second.consumer.reset();
    at->second.group = std::move(classic);
    if (downgrade == ConsumerGroup::Downgrade::with_rebalance)
        at->second.group->start_rebalance(time, effects);
}

}  // namespace barnabas::broker
