// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: what administrators ask of groups, and the regular cleaning: offsets that have
// expired, groups of which nothing is left, offsets of deleted topics.
#include <algorithm>
#include <utility>

#include "broker/group/group_admin.h"
#include "broker/group/group_coordinator_state.h"
#include "protocol/messages/delete_groups.h"

namespace barnabas::broker {
namespace {

// So many records go into the log as one write.
constexpr size_t records_per_write = 500;
constexpr Nanos cleaning_timeout = std::chrono::minutes(1);

}  // namespace

// An ordinary function: what is asked for after the call gets into the log after these.
Task<ErrorCode> GroupCoordinator::State::write_all(ShardPointer shard,
                                                   std::vector<CoordinatorRecord> records,
                                                   Nanos deadline) {
    std::vector<Task<ErrorCode>> writes;
    for (size_t at = 0; at < records.size(); at += records_per_write) {
        const auto from = records.begin() + static_cast<std::ptrdiff_t>(at);
        const size_t count = std::min(records_per_write, records.size() - at);
        std::vector<CoordinatorRecord> part(
            std::make_move_iterator(from),
            std::make_move_iterator(from + static_cast<std::ptrdiff_t>(count)));
        writes.push_back(shard->log.write(std::move(part), deadline));
    }
    return wait_for_all(std::move(writes));
}

Task<ErrorCode> GroupCoordinator::State::wait_for_all(std::vector<Task<ErrorCode>> writes) {
    ErrorCode first = ErrorCode::none;
    for (Task<ErrorCode>& write : writes) {
        const ErrorCode error = error_of_write(co_await std::move(write));
        if (first == ErrorCode::none) first = error;
    }
    co_return first;
}

// One group after the other: each is judged by what is true when its turn comes.
Task<void> GroupCoordinator::State::clean(std::shared_ptr<State> self, ShardPointer shard) {
    auto dropping = drop_topics(self, shard, {});
    co_await std::move(dropping);
    std::set<std::string> ids;
    for (const auto& [id, stored] : shard->groups.stored().all()) ids.insert(id);
    shard->groups.for_each_group([&ids](const Group& group) { ids.insert(group.id()); });
    const ExpiryTerms terms{.now_ms = self->clock.wall_ms(),
                            .retention_ms = self->config.offsets_retention_minutes * 60'000};
    size_t removed = 0;
    for (const std::string& id : ids) {
        if (self->stopping || !shard->log.active()) co_return;
        std::vector<CoordinatorRecord> records =
            expire_group(shard->groups, id, shard->commits, terms);
        if (records.empty()) continue;
        removed += records.size();
        auto writing = write_all(shard, std::move(records), self->clock.after(cleaning_timeout));
        if (const ErrorCode error = co_await std::move(writing); error != ErrorCode::none)
            log_warn("group", "what has expired of group {} could not be removed: {}", id,
                     error_name(error));
    }
    if (removed > 0) log_info("group", "removed {} expired offsets and groups", removed);
}

Task<void> GroupCoordinator::State::drop_topics(std::shared_ptr<State> self, ShardPointer shard,
                                                std::set<std::string> deleted) {
    const auto image = self->cluster.image();
    std::vector<CoordinatorRecord> records =
        drop_deleted_topics(shard->groups, deleted, *image, shard->commits);
    if (records.empty()) co_return;
    log_info("group", "removing {} offsets of deleted topics", records.size());
    auto writing = write_all(shard, std::move(records), self->clock.after(cleaning_timeout));
    if (const ErrorCode error = co_await std::move(writing); error != ErrorCode::none)
        log_warn("group", "offsets of deleted topics could not be removed: {}", error_name(error));
}

Task<void> GroupCoordinator::State::clean_regularly(std::shared_ptr<State> self) {
    const std::chrono::milliseconds interval(self->config.offsets_retention_check_interval_ms);
    while (!self->stopping) {
        auto waiting = self->ended.wait_until(self->clock.after(interval));
        co_await std::move(waiting);
        const auto shards = self->shards;
        for (const auto& [index, shard] : shards) {
            if (self->stopping || !shard->log.active()) continue;
            auto cleaning = clean(self, shard);
            co_await std::move(cleaning);
        }
    }
}

void GroupCoordinator::on_image(const cluster::MetadataImage& before,
                                const cluster::MetadataImage& after) {
    std::set<std::string> deleted;
    using Topics = decltype(before.topics_by_id);
    Topics::for_each_change(before.topics_by_id, after.topics_by_id,
                            [&deleted](const Uuid&, const auto* old, const auto* now) {
                                if (old && !now) deleted.insert((*old)->name);
                            });
    if (deleted.empty() || state_->stopping) return;
    for (const auto& [index, shard] : state_->shards)
        if (shard->log.active()) state_->tasks.spawn(State::drop_topics(state_, shard, deleted));
}

Task<protocol::ListGroupsResponse> GroupCoordinator::list(protocol::ListGroupsRequest request) {
    protocol::ListGroupsResponse response;
    const GroupFilter filter = filter_of(request);
    if (state_->stopping) response.error_code = ErrorCode::coordinator_not_available;
    for (const auto& [index, shard] : state_->shards) {
        if (!shard->log.active()) {
            // A list that lacks groups would look as if they were gone.
            response.error_code = ErrorCode::coordinator_load_in_progress;
            response.groups.clear();
            break;
        }
        list_groups(shard->groups, filter, response.groups);
    }
    co_return response;
}

Task<protocol::DescribeGroupsResponse> GroupCoordinator::describe(
    protocol::DescribeGroupsRequest request, int16_t version) {
    protocol::DescribeGroupsResponse response;
    for (const Text& group : request.groups) {
        ShardPointer shard;
        const ErrorCode absent = state_->find(group.view(), shard);
        if (shard) {
            response.groups.push_back(describe_classic_group(shard->groups, group.view(), version));
            continue;
        }
        auto& refused = response.groups.emplace_back();
        refused.group_id = group;
        refused.error_code = absent;
    }
    co_return response;
}

Task<protocol::DeleteGroupsResponse> GroupCoordinator::remove(
    protocol::DeleteGroupsRequest request) {
    const auto state = state_;
    const Nanos deadline =
        state->clock.after(std::chrono::milliseconds(state->config.offsets_commit_timeout_ms));
    protocol::DeleteGroupsResponse response;
    std::vector<std::pair<size_t, Task<ErrorCode>>> writes;
    std::set<std::string_view> seen;
    for (const Text& group : request.groups_names) {
        if (!seen.insert(group.view()).second) continue;
        auto& result = response.results.emplace_back();
        result.group_id = group;
        ShardPointer shard;
        result.error_code = state->find(group.view(), shard);
        if (!shard) continue;
        std::vector<CoordinatorRecord> records;
        result.error_code = delete_group(shard->groups, group.view(), shard->commits, records);
        if (records.empty()) continue;
        writes.emplace_back(response.results.size() - 1,
                            State::write_all(shard, std::move(records), deadline));
    }
    for (auto& [index, write] : writes)
        response.results[index].error_code = co_await std::move(write);
    co_return response;
}

Task<protocol::OffsetDeleteResponse> GroupCoordinator::delete_offsets(
    protocol::OffsetDeleteRequest request) {
    const auto state = state_;
    const auto image = state->cluster.image();
    PlannedOffsetDelete planned = plan_offset_delete(request, *image);
    ShardPointer shard;
    ErrorCode error = state->find_named(request.group_id.view(), shard);
    if (shard) delete_offsets_of_group(shard->groups, request, *image, shard->commits, planned);
    if (shard && !planned.records.empty()) {
        const std::chrono::milliseconds timeout(state->config.offsets_commit_timeout_ms);
        auto writing =
            State::write_all(shard, std::move(planned.records), state->clock.after(timeout));
        error = co_await std::move(writing);
    }
    if (error != ErrorCode::none) {
        planned.response.topics.clear();
        planned.response.error_code = error;
    }
    co_return std::move(planned.response);
}

}  // namespace barnabas::broker
