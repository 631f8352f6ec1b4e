// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: what administrators ask: lists of transactional ids, and each in full.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "broker/txn/transaction_coordinator_state.h"

namespace barnabas::broker {
namespace {

using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

constexpr int64_t regex_bytes_max = int64_t{1} << 20;
// Those that records can have, and two that Kafka knows besides.
constexpr std::array<std::string_view, 8> known_states{
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

// What a list is restricted to.
struct TransactionFilter {
    std::set<std::string_view> states{};
    std::set<ProducerId> producer_ids{};
    int64_t longer_than_ms = -1;
    std::unique_ptr<RE2> pattern{};

    bool takes(const std::string& id, const StoredTransaction& transaction, int64_t now_ms) const {
        if (!producer_ids.empty() && !producer_ids.contains(transaction.producer_id)) return false;
        if (!states.empty() && !states.contains(state_name(transaction.state))) return false;
        if (longer_than_ms >= 0 && now_ms - transaction.started_ms <= longer_than_ms) return false;
        return !pattern || RE2::FullMatch(id, *pattern);
    }
};

std::unique_ptr<RE2> pattern_of(const ListTransactionsRequest& request) {
    if (!request.transactional_id_pattern || request.transactional_id_pattern->empty())
        return nullptr;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(regex_bytes_max);
    return std::make_unique<RE2>(request.transactional_id_pattern->str(), options);
}

}  // namespace

Task<ListTransactionsResponse> TransactionCoordinator::list(ListTransactionsRequest request) {
    ListTransactionsResponse response;
    if (state_->stopping) {
        response.error_code = ErrorCode::coordinator_not_available;
        co_return response;
    }
    const auto loading = [](const auto& shard) { return !shard.second->log.active(); };
    if (std::ranges::any_of(state_->shards, loading)) {
        response.error_code = ErrorCode::coordinator_load_in_progress;
        co_return response;
    }
    TransactionFilter filter{.longer_than_ms = request.duration_filter,
                             .pattern = pattern_of(request)};
    if (filter.pattern && !filter.pattern->ok()) {
        response.error_code = ErrorCode::invalid_regular_expression;
        co_return response;
    }
    for (const Text& state : request.state_filters) {
        filter.states.insert(state.view());
        if (std::ranges::find(known_states, state.view()) == known_states.end())
            response.unknown_state_filters.emplace_back(state.view());
    }
    filter.producer_ids.insert(request.producer_id_filters.begin(),
                               request.producer_id_filters.end());
    const int64_t now_ms = state_->clock.wall_ms();
    for (const auto& [index, shard] : state_->shards)
        for (const auto& [id, transaction] : shard->machine.stored().all()) {
            if (!filter.takes(id, transaction, now_ms)) continue;
            auto& entry = response.transaction_states.emplace_back();
            entry.transactional_id = Text(id);
            entry.producer_id = transaction.producer_id;
            entry.transaction_state = Text(state_name(transaction.state));
        }
    co_return response;
}

Task<protocol::DescribeTransactionsResponse> TransactionCoordinator::describe(
    protocol::DescribeTransactionsRequest request) {
    protocol::DescribeTransactionsResponse response;
    for (const Text& name : request.transactional_ids) {
        auto& entry = response.transaction_states.emplace_back();
        entry.transactional_id = Text(name.view());
        TransactionShard shard;
        const ErrorCode absent = state_->find(name.view(), shard);
        const StoredTransaction* found = shard ? shard->machine.find(name.view()) : nullptr;
        entry.error_code = found ? ErrorCode::none : ErrorCode::transactional_id_not_found;
        if (!shard) entry.error_code = absent;
        if (name.empty() && !state_->stopping) entry.error_code = ErrorCode::invalid_request;
        if (entry.error_code != ErrorCode::none) continue;
        entry.producer_id = found->producer_id;
        entry.producer_epoch = found->epoch;
        entry.transaction_state = Text(state_name(found->state));
        entry.transaction_timeout_ms = found->timeout_ms;
        entry.transaction_start_time_ms = found->started_ms;
        for (const storage::TopicPartition& partition : found->partitions) {
            if (entry.topics.empty() || entry.topics.back().topic.view() != partition.topic)
                entry.topics.emplace_back().topic = Text(partition.topic);
            entry.topics.back().partitions.push_back(partition.partition);
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
