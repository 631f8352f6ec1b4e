// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: runs the group machines. A request becomes a command with a ticket; what the
// machine wants done (answers, writes) is done here; whoever waits for a ticket is answered when
// the machine says so.
#include "broker/group/group_coordinator.h"

#include <utility>

#include "broker/group/group_coordinator_state.h"
#include "broker/group/group_wire.h"
#include "broker/group/offset_requests.h"

namespace barnabas::broker {

GroupCoordinator::GroupCoordinator(boost::asio::any_io_executor executor, Clock& clock,
                                   Random& random, const BrokerConfig& config,
                                   PartitionTable& partitions, const cluster::ClusterNode& cluster)
    : state_(std::make_shared<State>(std::move(executor), clock, random, config, partitions,
                                     cluster)) {
    partitions.on_change([weak = std::weak_ptr(state_)](const auto& partition, bool led) {
        const auto state = weak.lock();
        if (!state || partition.topic != cluster::offsets_topic) return;
        state->close(partition.partition, ErrorCode::not_coordinator);
        if (led) state->open(partition.partition);
    });
}

GroupCoordinator::~GroupCoordinator() = default;

PartitionIndex GroupCoordinator::partition_of(std::string_view group_id) const {
    return state_->partition_of(group_id);
}

Task<void> GroupCoordinator::stop(Nanos deadline) {
    const auto state = state_;
    state->stopping = true;
    while (!state->shards.empty())
        state->close(state->shards.begin()->first, ErrorCode::coordinator_not_available);
    state->rescheduled.notify_all();
    state->ended.notify_all();
    auto stopping = state->tasks.stop(deadline);
    co_await std::move(stopping);
}

Task<protocol::JoinGroupResponse> GroupCoordinator::join(protocol::JoinGroupRequest request,
                                                         int16_t version, std::string client_id,
                                                         std::string client_host) {
    const auto state = state_;
    JoinCommand command = join_command(request, version);
    command.client_id = std::move(client_id);
    command.client_host = "/" + client_host;
    command.fresh_id =
        command.instance_id.value_or(command.client_id) + "-" + random_uuid_text(state->random);
    ShardPointer shard;
    const ErrorCode absent = state->find_named(command.group, shard);
    if (absent != ErrorCode::none)
        co_return join_response({.error = absent, .member_id = command.member_id}, version);
    command.ticket = ++state->last_ticket;
    auto waiting = state->wait(state->joins, command.ticket);
    GroupEffects effects;
    shard->groups.join(command, state->time(), effects);
    state->carry_out(shard, std::move(effects));
    JoinAnswer answer = co_await std::move(waiting);
    co_return join_response(std::move(answer), version);
}

Task<protocol::SyncGroupResponse> GroupCoordinator::sync(protocol::SyncGroupRequest request,
                                                         int16_t version) {
    const auto state = state_;
    SyncCommand command = sync_command(request);
    // From v5 on a client says what it believes was chosen (KIP-559).
    if (version >= 5 && (!command.protocol_type || !command.protocol))
        co_return sync_response({.error = ErrorCode::inconsistent_group_protocol}, version);
    ShardPointer shard;
    const ErrorCode absent = state->find_named(command.group, shard);
    if (absent != ErrorCode::none) co_return sync_response({.error = absent}, version);
    command.ticket = ++state->last_ticket;
    auto waiting = state->wait(state->syncs, command.ticket);
    GroupEffects effects;
    shard->groups.sync(command, state->time(), effects);
    state->carry_out(shard, std::move(effects));
    SyncAnswer answer = co_await std::move(waiting);
    co_return sync_response(std::move(answer), version);
}

Task<protocol::HeartbeatResponse> GroupCoordinator::heartbeat(protocol::HeartbeatRequest request) {
    protocol::HeartbeatResponse response;
    const std::string group = request.group_id.str();
    ShardPointer shard;
    response.error_code = state_->find_named(group, shard);
    if (shard)
        response.error_code = shard->groups.heartbeat(
            group, claim_of(request.member_id, request.group_instance_id, request.generation_id),
            state_->time());
    co_return response;
}

Task<protocol::LeaveGroupResponse> GroupCoordinator::leave(protocol::LeaveGroupRequest request,
                                                           int16_t version) {
    const std::string group = request.group_id.str();
    ShardPointer shard;
    const ErrorCode absent = state_->find_named(group, shard);
    if (absent != ErrorCode::none) co_return leave_response(request, absent, {}, version);
    GroupEffects effects;
    const auto results =
        shard->groups.leave(group, leaving_of(request, version), state_->time(), effects);
    const auto state = state_;
    state->carry_out(shard, std::move(effects));
    auto committing = State::await_batches(shard);
    const ErrorCode error = co_await std::move(committing);
    co_return leave_response(request, error, results, version);
}

Task<protocol::OffsetCommitResponse> GroupCoordinator::commit(protocol::OffsetCommitRequest request,
                                                              int16_t version) {
    const auto state = state_;
    const OffsetCommitTerms terms{
        .version = version,
        .now_ms = state->clock.wall_ms(),
        .metadata_length_max = static_cast<size_t>(state->config.offset_metadata_max_bytes)};
    PlannedCommit planned = plan_commit(request, *state->cluster.image(), terms);
    const std::string group = request.group_id.str();
    ShardPointer shard;
    ErrorCode error = state->find(group, shard);
    if (shard)
        error = shard->groups.check_commit(
            group, commit_claim_of(request, version, *state->cluster.image()), state->time());
    if (error == ErrorCode::none && !planned.records.empty()) {
        const std::chrono::milliseconds timeout(state->config.offsets_commit_timeout_ms);
        auto writing = shard->log.write(std::move(planned.records), state->clock.after(timeout));
        shard->commits.begin(group, planned.keys);
        error = error_of_write(co_await std::move(writing));
        shard->commits.end(group, planned.keys);
    }
    finish_commit(planned.response, error);
    co_return std::move(planned.response);
}

Task<protocol::OffsetFetchResponse> GroupCoordinator::fetch(protocol::OffsetFetchRequest request,
                                                            int16_t version) {
    const auto state = state_;
    const auto image = state->cluster.image();
    std::vector<OffsetAnswer> answers;
    const std::vector<OffsetQuestion> questions = questions_of(request, version, *image);
    for (const OffsetQuestion& question : questions) {
        ShardPointer shard;
        if (request.require_stable && state->find(question.group, shard) == ErrorCode::none) {
            // What was committed before the question counts.
            const std::chrono::milliseconds timeout(state->config.offsets_commit_timeout_ms);
            auto waiting = shard->log.wait_for_earlier(state->clock.after(timeout));
            co_await std::move(waiting);
        }
        shard.reset();
        ErrorCode refused = state->find(question.group, shard);
        const Group* group = shard ? shard->groups.find_group(question.group) : nullptr;
        if (group != nullptr) refused = group->check_offset_fetch(question.member);
        if (refused != ErrorCode::none) {
            answers.push_back(refuse_question(question, refused, version));
            continue;
        }
        IsUnstable is_unstable;
        if (request.require_stable)
            is_unstable = [&](const OffsetKey& key) {
                return shard->groups.stored().pending().has(question.group, key) ||
                       shard->transactional_commits.has(question.group, key);
            };
        answers.push_back(answer_question(question, shard->groups.stored().find(question.group),
                                          version, *image, is_unstable));
    }
    co_return make_response(std::move(answers), version);
}

}  // namespace barnabas::broker
