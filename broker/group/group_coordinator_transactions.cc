// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator: offsets that are committed in transactions, and the ends of those.
#include <utility>

#include "broker/group/group_coordinator_state.h"
#include "broker/group/offset_requests.h"

namespace barnabas::broker {
namespace {

// An epoch of a member that is too old is told as consumers of classic groups know it.
ErrorCode error_of_claim(ErrorCode error) {
    return error == ErrorCode::stale_member_epoch ? ErrorCode::illegal_generation : error;
}

}  // namespace

ErrorCode GroupCoordinator::ready_for(std::string_view group_id) const {
    ShardPointer shard;
    return state_->find_named(group_id, shard);
}

protocol::TxnOffsetCommitResponse GroupCoordinator::refuse_transactional_commit(
    const protocol::TxnOffsetCommitRequest& request, ErrorCode error) const {
    const OffsetCommitTerms terms{
        .metadata_length_max = static_cast<size_t>(state_->config.offset_metadata_max_bytes)};
    PlannedTransactionalCommit planned =
        plan_transactional_commit(request, *state_->cluster.image(), terms);
    finish_commit(planned.response, error_of_transactional_write(error));
    return std::move(planned.response);
}

Task<protocol::TxnOffsetCommitResponse> GroupCoordinator::commit_in_transaction(
    protocol::TxnOffsetCommitRequest request, int16_t version, TransactionGuards::Ticket ticket) {
    const auto state = state_;
    const OffsetCommitTerms terms{
        .version = version,
        .now_ms = state->clock.wall_ms(),
        .metadata_length_max = static_cast<size_t>(state->config.offset_metadata_max_bytes)};
    const auto image = state->cluster.image();
    PlannedTransactionalCommit planned = plan_transactional_commit(request, *image, terms);
    const std::string group = request.group_id.str();
    ShardPointer shard;
    ErrorCode error = state->find_named(group, shard);
    if (shard)
        error = error_of_claim(shard->groups.check_commit(
            group, transactional_claim_of(request, version, *image), state->time()));
    if (error == ErrorCode::none && !planned.records.empty() &&
        !shard->guards().admit(request.producer_id, request.producer_epoch, ticket))
        error = ErrorCode::invalid_txn_state;
    if (error == ErrorCode::none && !planned.records.empty()) {
        const std::chrono::milliseconds timeout(state->config.offsets_commit_timeout_ms);
        auto writing = shard->log.write_in_transaction(request.producer_id, request.producer_epoch,
                                                       std::move(planned.records),
                                                       state->clock.after(timeout));
        shard->commits.begin(group, planned.keys);
        shard->transactional_commits.begin(group, planned.keys);
        error = error_of_transactional_write(co_await std::move(writing));
        shard->commits.end(group, planned.keys);
        shard->transactional_commits.end(group, planned.keys);
    }
    finish_commit(planned.response, error);
    co_return std::move(planned.response);
}

Task<ErrorCode> GroupCoordinator::end_transaction(PartitionIndex partition,
                                                  TransactionMarker marker, Nanos deadline) {
    const auto found = state_->shards.find(partition);
    // Also while it is replayed: the transaction coordinator tries such partitions again.
    if (found == state_->shards.end() || !found->second->log.active())
        co_return ErrorCode::not_leader_or_follower;
    const ShardPointer shard = found->second;
    shard->guards().end(marker.producer_id);
    auto ending = shard->log.end_transaction(marker, deadline);
    co_return co_await std::move(ending);
}

}  // namespace barnabas::broker
