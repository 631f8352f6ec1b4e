// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: consumer groups (KIP-848). Their records are applied when they are decided and
// committed afterwards; nobody is answered before.
#include <utility>

#include "broker/group/consumer_group_wire.h"
#include "broker/group/group_coordinator_state.h"
#include "broker/group/group_wire.h"

namespace barnabas::broker {

ConsumerGroupSettings GroupCoordinator::State::settings_of(const std::string& group) const {
    return consumer_settings_of(config, *cluster.image(), group);
}

// More than one batch holds goes out in several, in order: what a crash leaves of them is a group
// whose members join again.
Task<ErrorCode> GroupCoordinator::State::begin_batch(const ShardPointer& shard, Records records) {
    const size_t limit = shard->log.write_bytes_max();
    std::vector<Task<ErrorCode>> writes;
    Records part;
    size_t size = 0;
    for (CoordinatorRecord& record : records) {
        const size_t more = CoordinatorLog::size_of(record);
        if (!part.empty() && size + more > limit) {
            writes.push_back(shard->log.write(std::exchange(part, {}), Nanos::max()));
            size = 0;
        }
        size += more;
        part.push_back(std::move(record));
    }
    if (!part.empty()) writes.push_back(shard->log.write(std::move(part), Nanos::max()));
    ++shard->batches_begun;
    return await_batch(shared_from_this(), shard, std::move(writes));
}

Task<ErrorCode> GroupCoordinator::State::await_batch(std::shared_ptr<State> self,
                                                     ShardPointer shard,
                                                     std::vector<Task<ErrorCode>> writes) {
    ErrorCode error = ErrorCode::none;
    for (Task<ErrorCode>& writing : writes) {
        const ErrorCode outcome = co_await std::move(writing);
        if (error == ErrorCode::none) error = outcome;
    }
    ++shard->batches_ended;
    shard->batch_ended.notify_all();
    if (!shard->log.closed() && (error != ErrorCode::none || shard->outdated)) {
        log_warn("group", "records of groups could not be written ({}): reading the log again",
                 error_name(error));
        self->reload(shard);
    }
    co_return error_of_write(error);
}

Task<void> GroupCoordinator::State::finish_batch(std::shared_ptr<State> self,
                                                 Task<ErrorCode> writing,
                                                 std::vector<JoinAnswer> answers) {
    const ErrorCode error = co_await std::move(writing);
    if (error != ErrorCode::none)
        for (JoinAnswer& answer : answers)
            answer = {.ticket = answer.ticket, .error = error, .member_id = answer.member_id};
    deliver(self->joins, answers);
}

Task<ErrorCode> GroupCoordinator::State::await_batches(ShardPointer shard) {
    const uint64_t end = shard->batches_begun;
    while (shard->batches_ended < end && !shard->log.closed()) {
        auto waiting = shard->batch_ended.wait_until(Nanos::max());
        co_await std::move(waiting);
    }
    co_return shard->log.closed() ? ErrorCode::not_coordinator : ErrorCode::none;
}

void GroupCoordinator::State::reload(const ShardPointer& shard) {
    for (const auto& [index, known] : shards) {
        if (known != shard) continue;
        const PartitionIndex at = index;
        close(at, ErrorCode::coordinator_not_available);
        open(at);
        return;
    }
}

Task<protocol::ConsumerGroupHeartbeatResponse> GroupCoordinator::consumer_heartbeat(
    protocol::ConsumerGroupHeartbeatRequest request, int16_t version, std::string client_id,
    std::string client_host) {
    const auto state = state_;
    ConsumerHeartbeat command = consumer_heartbeat_command(request, version);
    command.client_id = std::move(client_id);
    command.client_host = "/" + client_host;
    command.fresh_id = state->random.uuid().str();
    // What the request says by itself is judged wherever the group is.
    if (auto checked = check_consumer_heartbeat(command, consumer_limits_of(state->config));
        !checked)
        co_return consumer_heartbeat_response(refuse_heartbeat(std::move(checked.error())));
    ShardPointer shard;
    const ErrorCode absent = state->find_named(command.group, shard);
    if (absent != ErrorCode::none)
        co_return consumer_heartbeat_response(refuse_heartbeat({absent, {}}));
    GroupEffects effects;
    ConsumerHeartbeatAnswer answer =
        shard->groups.consumer_heartbeat(command, state->time(), effects);
    state->carry_out(shard, std::move(effects));
    // Whatever the answer rests on is committed first, although another request asked for it.
    auto committing = State::await_batches(shard);
    const ErrorCode error = co_await std::move(committing);
    if (error != ErrorCode::none) answer = refuse_heartbeat({error, {}});
    co_return consumer_heartbeat_response(std::move(answer));
}

Task<protocol::ConsumerGroupDescribeResponse> GroupCoordinator::describe_consumer_groups(
    protocol::ConsumerGroupDescribeRequest request) {
    const auto state = state_;
    const auto image = state->cluster.image();
    protocol::ConsumerGroupDescribeResponse response;
    for (const auto& wanted : request.group_ids) {
        const std::string name = wanted.str();
        ShardPointer shard;
        const ErrorCode absent = state->find_named(name, shard);
        if (absent != ErrorCode::none) {
            response.groups.push_back(refuse_describe(name, {absent, {}}));
            continue;
        }
        const GroupShard& groups = shard->groups;
        if (const ConsumerGroup* group = groups.find_consumer(name))
            response.groups.push_back(describe_group(*group, groups.consumer_limits(), *image));
        else if (groups.find_group(name) != nullptr)
            response.groups.push_back(refuse_describe(
                name,
                {ErrorCode::group_id_not_found, "Group " + name + " is not a consumer group."}));
        else
            response.groups.push_back(refuse_describe(
                name, {ErrorCode::group_id_not_found, "Group " + name + " not found."}));
    }
    co_return response;
}

}  // namespace barnabas::broker
