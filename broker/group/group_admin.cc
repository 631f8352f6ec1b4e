// SPDX-License-Identifier: Apache-2.0
// Rules of listing, describing, deleting and expiring, as Apache Kafka has them.
#include "broker/group/group_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/group/topic_answers.h"

namespace barnabas::broker {
namespace {

using cluster::MetadataImage;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

constexpr int16_t describe_tells_missing = 6;
// A group that has offsets and never had members.
constexpr std::string_view simple_state = "Empty";

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

std::string_view trim(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

void list_one(const GroupFilter& filter, std::string_view id, const Group* group,
              std::vector<ListGroupsResponse::ListedGroup>& listed) {
    const std::string_view state = group ? group->state_name() : simple_state;
    const std::string_view type = group_type_name(group ? group->type() : GroupType::classic);
    if (!filter.any_state && !filter.states.contains(lower(state))) return;
    if (!filter.any_type && !filter.types.contains(std::string(type))) return;
    auto& told = listed.emplace_back();
    told.group_id = Text(id);
    told.protocol_type = Text(group ? group->protocol_type() : std::string_view());
    told.group_state = Text(state);
    told.group_type = Text(type);
}

void add_member(const StoredMember& member, bool with_metadata, DescribedGroup& described) {
    auto& told = described.members.emplace_back();
    told.member_id = Text(member.id);
    if (member.instance_id) told.group_instance_id = Text(*member.instance_id);
    told.client_id = Text(member.client_id);
    told.client_host = Text(member.client_host);
    if (with_metadata) told.member_metadata = Blob(member.subscription);
    told.member_assignment = Blob(member.assignment);
}

DescribedGroup not_described(std::string_view id, int16_t version, std::string why) {
    DescribedGroup described;
    described.group_id = Text(id);
    described.group_state = "Dead";
    if (version < describe_tells_missing) return described;
    described.error_code = ErrorCode::group_id_not_found;
    described.error_message = Text(std::move(why));
    return described;
}

bool is_expired(const CommittedOffset& committed, int64_t unused_since_ms,
                const ExpiryTerms& terms) {
    if (committed.expire_ms >= 0) return terms.now_ms >= committed.expire_ms;
    return terms.now_ms - unused_since_ms >= terms.retention_ms;
}

}  // namespace

GroupFilter filter_of(const ListGroupsRequest& request) {
    GroupFilter filter{.any_state = request.states_filter.empty(),
                       .any_type = request.types_filter.empty()};
    for (const Text& state : request.states_filter) filter.states.insert(lower(trim(state.view())));
    for (const Text& type : request.types_filter) filter.types.insert(lower(type.view()));
    return filter;
}

void list_groups(const GroupShard& shard, const GroupFilter& filter,
                 std::vector<ListGroupsResponse::ListedGroup>& listed) {
    shard.for_each_group([&](const Group& group) { list_one(filter, group.id(), &group, listed); });
    for (const auto& [id, stored] : shard.stored().all())
        if (!shard.find_group(id)) list_one(filter, id, nullptr, listed);
}

DescribedGroup describe_classic_group(const GroupShard& shard, std::string_view id,
                                      int16_t version) {
    const Group* group = shard.find_group(id);
    if (group == nullptr && shard.stored().find(id) == nullptr)
        return not_described(id, version, fmt::format("Group {} not found.", id));
    if (group != nullptr && group->type() != GroupType::classic)
        return not_described(id, version, fmt::format("Group {} is not a classic group.", id));
    DescribedGroup described;
    described.group_id = Text(id);
    described.group_state = Text(group ? group->state_name() : simple_state);
    if (group == nullptr) return described;
    described.protocol_type = Text(group->protocol_type());
    const auto& classic = static_cast<const ClassicGroup&>(*group);
    const bool stable = classic.state() == ClassicGroup::State::stable;
    const StoredGeneration generation = classic.as_stored(-1);
    if (stable) described.protocol_data = Text(generation.protocol.value_or(""));
    for (const StoredMember& member : generation.members) add_member(member, stable, described);
    return described;
}

ErrorCode delete_group(GroupShard& shard, std::string_view id, const PendingCommits& pending,
                       std::vector<CoordinatorRecord>& records) {
    const Group* group = shard.find_group(id);
    const StoredGroup* stored = shard.stored().find(id);
    std::vector<PendingCommits::Key> keys = pending.of(id);
    for (PendingCommits::Key& key : shard.stored().pending().of(id))
        if (!pending.has(id, key)) keys.push_back(std::move(key));
    if (group == nullptr && stored == nullptr && keys.empty()) return ErrorCode::group_id_not_found;
    if (group != nullptr && group->has_members()) return ErrorCode::non_empty_group;
    if (stored != nullptr)
        for (const auto& [key, committed] : stored->offsets)
            if (!pending.has(id, key) && !shard.stored().pending().has(id, key))
                keys.push_back(key);
    for (const auto& [topic, partition] : keys)
        records.push_back(make_offset_tombstone(id, topic, partition));
    for (CoordinatorRecord& record : shard.remove_group(id)) records.push_back(std::move(record));
    return ErrorCode::none;
}

PlannedOffsetDelete plan_offset_delete(const OffsetDeleteRequest& request,
                                       const MetadataImage& image) {
    PlannedOffsetDelete planned;
    for (const auto& topic : request.topics)
        for (const auto& partition : topic.partitions) {
            if (!image.has(topic.name.view(), partition.partition_index))
                answer_for(planned.response, topic.name, partition.partition_index).error_code =
                    ErrorCode::unknown_topic_or_partition;
        }
    return planned;
}

void delete_offsets_of_group(const GroupShard& shard, const OffsetDeleteRequest& request,
                             const MetadataImage& image, const PendingCommits& pending,
                             PlannedOffsetDelete& planned) {
    const std::string_view id = request.group_id.view();
    const Group* group = shard.find_group(id);
    const StoredGroup* stored = shard.stored().find(id);
    const bool known = group != nullptr || stored != nullptr;
    // A type of which nobody here knows what its members want.
    const bool opaque = group != nullptr && group->type() == GroupType::classic &&
                        group->has_members() && group->protocol_type() != "consumer";
    if (!known || opaque) {
        planned.response.topics.clear();
        planned.response.error_code =
            known ? ErrorCode::non_empty_group : ErrorCode::group_id_not_found;
        return;
    }
    for (const auto& topic : request.topics) {
        const bool subscribed = group != nullptr && group->subscribed_to(topic.name.view());
        for (const auto& partition : topic.partitions) {
            const PartitionIndex index = partition.partition_index;
            if (!image.has(topic.name.view(), index)) continue;
            answer_for(planned.response, topic.name, index).error_code =
                subscribed ? ErrorCode::group_subscribed_to_topic : ErrorCode::none;
            const PendingCommits::Key key{topic.name.str(), index};
            const bool has = pending.has(id, key) || shard.stored().pending().has(id, key) ||
                             (stored && stored->offsets.contains(key));
            if (!subscribed && has)
                planned.records.push_back(make_offset_tombstone(id, topic.name.view(), index));
        }
    }
}

std::vector<CoordinatorRecord> expire_group(GroupShard& shard, const std::string& id,
                                            const PendingCommits& pending,
                                            const ExpiryTerms& terms) {
    std::vector<CoordinatorRecord> records;
    const Group* group = shard.find_group(id);
    const TransactionalOffsets& transactional = shard.stored().pending();
    bool left = !pending.of(id).empty() || transactional.has(id);
    if (const StoredGroup* stored = shard.stored().find(id)) {
        for (const auto& [key, committed] : stored->offsets) {
            const auto& [topic, partition] = key;
            const std::optional<int64_t> since =
                group ? group->unused_since_ms(committed) : std::optional(committed.commit_ms);
            const bool expired = since && !(group && group->subscribed_to(topic)) &&
                                 is_expired(committed, *since, terms) && !pending.has(id, key) &&
                                 !transactional.has(id, key);
            left |= !expired;
            if (expired) records.push_back(make_offset_tombstone(id, topic, partition));
        }
    }
    if (left || (group != nullptr && group->has_members())) return records;
    for (CoordinatorRecord& record : shard.remove_group(id)) records.push_back(std::move(record));
    return records;
}

std::vector<CoordinatorRecord> drop_deleted_topics(const GroupShard& shard,
                                                   const std::set<std::string>& deleted,
                                                   const MetadataImage& image,
                                                   const PendingCommits& pending) {
    std::set<std::pair<std::string, OffsetKey>> gone;
    const auto note = [&](const std::string& id, const OffsetKey& key,
                          const CommittedOffset& committed) {
        const bool is_gone = committed.topic_id.is_zero() ? deleted.contains(key.first)
                                                          : !image.topic(committed.topic_id);
        if (is_gone && !pending.has(id, key)) gone.emplace(id, key);
    };
    for (const auto& [id, stored] : shard.stored().all())
        for (const auto& [key, committed] : stored.offsets) note(id, key, committed);
    shard.stored().pending().for_each(note);
    std::vector<CoordinatorRecord> records;
    for (const auto& [id, key] : gone)
        records.push_back(make_offset_tombstone(id, key.first, key.second));
    return records;
}

}  // namespace barnabas::broker
