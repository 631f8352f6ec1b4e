// SPDX-License-Identifier: Apache-2.0
// ConsumerGroup: the steps decisions are made of. Each looks at the state and makes records, which
// are applied at once; the next step sees what they changed.
#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "broker/group/assignor.h"
#include "broker/group/consumer_group.h"
#include "broker/group/reconcile.h"
#include "broker/group/topic_regex.h"

namespace barnabas::broker {
namespace {

// FNV-1a: says whether two descriptions differ, nothing else.
class Fingerprint {
  public:
    void add(const void* data, size_t size) {
        const auto* bytes = static_cast<const uint8_t*>(data);
        for (size_t i = 0; i < size; ++i) hash_ = (hash_ ^ bytes[i]) * 1099511628211u;
    }
    uint64_t value() const { return hash_; }

  private:
    uint64_t hash_ = 14695981039346656037u;
};

// The topics of an assignment, and where each name is among them.
struct Topics {
    std::vector<AssignmentTopic> list{};
    std::unordered_map<std::string_view, uint32_t> index{};
};

Topics topics_of(const ConsumerGroupState& state, const cluster::MetadataImage& image) {
    std::vector<std::pair<AssignmentTopic, std::string_view>> known;
    for (const std::string_view name : state.subscribed_topics())
        if (const auto topic = image.topic(name))
            known.push_back({{topic->id, static_cast<int32_t>(topic->partitions.size())}, name});
    std::ranges::sort(known, {}, [](const auto& one) { return one.first.id; });
    Topics topics;
    for (const auto& [topic, name] : known) {
        topics.index.emplace(name, static_cast<uint32_t>(topics.list.size()));
        topics.list.push_back(topic);
    }
    return topics;
}

std::vector<uint32_t> subscribed(const ConsumerMember& member, const ConsumerGroupState& state,
                                 const Topics& topics) {
    std::vector<uint32_t> indexes;
    const auto take = [&](const std::vector<std::string>& names) {
        for (const std::string& name : names)
            if (const auto found = topics.index.find(name); found != topics.index.end())
                indexes.push_back(found->second);
    };
    take(member.topics);
    if (!member.regex.empty())
        if (const auto resolved = state.regexes().find(member.regex);
            resolved != state.regexes().end())
            take(resolved->second.topics);
    std::ranges::sort(indexes);
    const auto repeated = std::ranges::unique(indexes);
    indexes.erase(repeated.begin(), repeated.end());
    return indexes;
}

AssignmentQuestion question_of(const ConsumerGroupState& state,
                               const cluster::MetadataImage& image) {
    Topics topics = topics_of(state, image);
    AssignmentQuestion question;
    const ConsumerMember* before = nullptr;
    for (const auto& [id, member] : state.members()) {
        AssignmentMember& asked = question.members.emplace_back();
        asked.id = id;
        asked.instance_id = member.instance_id;
        asked.had = &state.target(id);
        // Most members want what the one before wants.
        const bool same =
            before != nullptr && before->topics == member.topics && before->regex == member.regex;
        asked.topics = same ? question.members[question.members.size() - 2].topics
                            : subscribed(member, state, topics);
        before = &member;
    }
    question.topics = std::move(topics.list);
    return question;
}

}  // namespace

void ConsumerGroup::add(CoordinatorRecord record, Records& out) {
    const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
    const auto read = read_consumer_group_record(record.key, value);
    ASSERT(read && read->group == id_, "a record made here is understood here");
    state_.apply(read->change);
    out.push_back(std::move(record));
}

// The member is what it says it is; the group's epoch is newer if that, or the topics, made it so.
void ConsumerGroup::enter(const Arrival& arrival, const ConsumerGroupContext& ctx, Records& out) {
    const std::string& id = arrival.after.id;
    if (arrival.replaces) move_member(*arrival.replaces, id, out);
    const bool is_new = state_.member(id) == nullptr;
    if (is_new || arrival.before != arrival.after) add(make_member_record(id_, arrival.after), out);
    bool bump = arrival.before.topics != arrival.after.topics;
    bump |= update_regexes(arrival, ctx, out);
    if (!bump && seen_image_ == ctx.image_version) return;
    if (std::exchange(seen_image_, ctx.image_version) != ctx.image_version)
        for (const auto& [regex, count] : state_.regex_subscribers()) resolve(regex, ctx, out);
    const uint64_t hash = compute_hash(ctx.image);
    bump |= hash != state_.metadata_hash();
    if (state_.has_partition_metadata()) add(make_partition_metadata_tombstone(id_), out);
    if (bump || !state_.has_epoch())
        add(make_group_epoch_record(id_, state_.epoch() + (bump ? 1 : 0), hash), out);
}

// A static member is back under a new id: it takes over what the old one had.
void ConsumerGroup::move_member(const std::string& from, const std::string& to, Records& out) {
    ConsumerMember member = *state_.member(from);
    const PartitionSet target = state_.target(from);
    add(make_current_tombstone(id_, from), out);
    add(make_target_tombstone(id_, from), out);
    add(make_member_tombstone(id_, from), out);
    deadlines_.erase(from);
    member.id = to;
    member.epoch = member.previous_epoch = 0;
    add(make_member_record(id_, member), out);
    add(make_target_record(id_, to, target), out);
    add(make_current_record(id_, member), out);
}

bool ConsumerGroup::update_regexes(const Arrival& arrival, const ConsumerGroupContext& ctx,
                                   Records& out) {
    if (arrival.before.regex == arrival.after.regex) return false;
    drop_regexes(out);
    const std::string& regex = arrival.after.regex;
    if (!regex.empty() && !state_.regexes().contains(regex)) resolve(regex, ctx, out);
    return true;
}

void ConsumerGroup::resolve(const std::string& regex, const ConsumerGroupContext& ctx,
                            Records& out) {
    ResolvedRegex now{.topics = match_topics(regex, ctx.image),
                      .version = ctx.image.offset.value,
                      .resolved_ms = ctx.time.wall_ms};
    const auto known = state_.regexes().find(regex);
    if (known != state_.regexes().end() && known->second.topics == now.topics) return;
    add(make_regex_record(id_, regex, now), out);
}

void ConsumerGroup::drop_regexes(Records& out) {
    std::vector<std::string> unused;
    for (const auto& [regex, resolved] : state_.regexes())
        if (!state_.regex_subscribers().contains(regex)) unused.push_back(regex);
    for (const std::string& regex : unused) add(make_regex_tombstone(id_, regex), out);
}

// What an assignment depends on besides the members: which of the topics exist, under which id,
// with how many partitions. 0 for no topics.
uint64_t ConsumerGroup::compute_hash(const cluster::MetadataImage& image) const {
    Fingerprint print;
    bool any = false;
    for (const std::string_view name : state_.subscribed_topics()) {
        const auto topic = image.topic(name);
        if (!topic) continue;
        any = true;
        const uint64_t partitions = topic->partitions.size();
        print.add(name.data(), name.size());
        print.add(topic->id.bytes.data(), topic->id.bytes.size());
        print.add(&partitions, sizeof partitions);
    }
    return any ? print.value() : 0;
}

bool ConsumerGroup::may_assign(const ConsumerGroupContext& ctx) const {
    const int64_t last_ms = state_.target_time_ms();
    const int32_t interval_ms = ctx.settings.assignment_interval_ms;
    return last_ms == 0 || interval_ms <= 0 || ctx.time.wall_ms >= last_ms + interval_ms;
}

void ConsumerGroup::update_target(const ConsumerGroupContext& ctx, Records& out) {
    if (state_.target_epoch() >= state_.epoch() || !may_assign(ctx)) return;
    const Assignor assign = find_assignor(assignor_name(ctx.limits));
    ASSERT(assign != nullptr, "names of assignors have been checked");
    const AssignmentAnswer answer = assign(question_of(state_, ctx.image));
    std::vector<std::pair<std::string, const PartitionSet*>> changed;
    size_t index = 0;
    for (const auto& [id, member] : state_.members()) {
        const PartitionSet& target = answer[index++];
        const auto known = state_.targets().find(id);
        if (known == state_.targets().end() || known->second != target)
            changed.emplace_back(id, &target);
    }
    for (const auto& [id, target] : changed) add(make_target_record(id_, id, *target), out);
    add(make_target_epoch_record(id_, state_.epoch(), ctx.time.wall_ms), out);
}

bool ConsumerGroup::wants(const ConsumerMember& member, const Uuid& id,
                          const cluster::MetadataImage& image) const {
    const auto topic = image.topic(id);
    if (!topic) return false;
    if (std::ranges::binary_search(member.topics, topic->name)) return true;
    const auto resolved = state_.regexes().find(member.regex);
    return !member.regex.empty() && resolved != state_.regexes().end() &&
           std::ranges::binary_search(resolved->second.topics, topic->name);
}

ConsumerGroup::Checked<void> ConsumerGroup::reconcile_member(
    const std::string& id, const std::optional<PartitionSet>& owned, bool subscription_changed,
    const ConsumerGroupContext& ctx, Records& out) {
    const ConsumerMember& member = *state_.member(id);
    if (!subscription_changed && member.is_reconciled_to(state_.target_epoch())) return {};
    const ReconcileQuestion question{
        .member = member,
        .target_epoch = state_.target_epoch(),
        .target = state_.target(id),
        .owned = owned,
        .subscription_changed = subscription_changed,
        .wants = [&](const Uuid& topic) { return wants(member, topic, ctx.image); },
        .taken = [&](const TopicIdPartition& at) { return state_.owner(at) != nullptr; }};
    auto next = reconcile(question);
    if (!next) return std::unexpected(std::move(next.error()));
    if (*next == member) return {};
    add(make_current_record(id_, *next), out);
    Deadlines& deadlines = deadlines_[id];
    deadlines.rebalance = Nanos::max();
    if (next->classic || next->state != MemberState::unrevoked_partitions) return {};
    deadlines.rebalance = ctx.time.now + std::chrono::milliseconds(next->rebalance_timeout_ms);
    deadlines.rebalance_epoch = next->epoch;
    wake_by(deadlines.rebalance);
    return {};
}

// They are out, and what they had is free.
void ConsumerGroup::fence(const std::vector<std::string>& ids, const ConsumerGroupContext& ctx,
                          Records& out) {
    if (ids.empty()) return;
    const size_t modern_before = modern_members();
    for (const std::string& id : ids) {
        add(make_current_tombstone(id_, id), out);
        add(make_target_tombstone(id_, id), out);
        add(make_member_tombstone(id_, id), out);
        deadlines_.erase(id);
    }
    drop_regexes(out);
    if (may_downgrade(modern_before, ctx.limits))
        downgrade_ = Downgrade::with_rebalance;
    else
        add(make_group_epoch_record(id_, state_.epoch() + 1, compute_hash(ctx.image)), out);
}

bool ConsumerGroup::may_downgrade(size_t modern_before, const ConsumerGroupLimits& limits) const {
    if (modern_before == 0 || modern_members() > 0 || !has_members()) return false;
    const auto common = [this](const auto& entry) {
        return entry.second == state_.classic_members();
    };
    return limits.migration.downgrade &&
           state_.members().size() <= static_cast<size_t>(limits.classic_members_max) &&
           std::ranges::any_of(state_.classic_protocols(), common);
}

}  // namespace barnabas::broker
