// SPDX-License-Identifier: Apache-2.0
// See transaction.h.
#include "cli/client/transaction.h"

#include "cli/client/error_text.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"

namespace barnabas::cli {

namespace {

// The last versions for clients that name their partitions before they write (transactions v1).
constexpr int16_t add_by_client = 3, end_keeps_epoch = 4, init_version = 5;
constexpr Nanos pause = std::chrono::milliseconds(20);

// The last transaction is still being written down, or the coordinator comes just now.
bool is_passing(ErrorCode code) {
    return code == ErrorCode::concurrent_transactions || is_retriable(code);
}

}  // namespace

template <class Ask>
void Transactions::try_until_possible(Ask ask) {
    const Nanos deadline = client_.now() + client_.request_timeout();
    while (true) {
        const ErrorCode code = ask(client_.coordinator(CoordinatorType::transaction, id_));
        if (code == ErrorCode::none) return;
        if (!is_passing(code) || client_.now() >= deadline)
            throw Failure(code, fmt::format("Transactional id {}: {}", id_, error_text(code)));
        client_.sleep(pause);
    }
}

Transactions::Transactions(Client& client, std::string id, std::chrono::milliseconds timeout)
    : client_(client), id_(std::move(id)) {
    protocol::InitProducerIdRequest request;
    request.transactional_id.emplace(id_);
    request.transaction_timeout_ms = static_cast<int32_t>(timeout.count());
    try_until_possible([&](Connection& coordinator) {
        const auto answer = client_.ask<protocol::InitProducerIdResponse>(
            coordinator, request, {.version_max = init_version});
        producer_ = answer.producer_id;
        epoch_ = answer.producer_epoch;
        return answer.error_code;
    });
}

void Transactions::add(const std::set<PartitionName>& partitions) {
    protocol::AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = Text(id_);
    request.v3_and_below_producer_id = producer_;
    request.v3_and_below_producer_epoch = epoch_;
    auto& topics = request.v3_and_below_topics;
    for (const auto& partition : partitions) {
        if (partitions_.contains(partition)) continue;
        if (topics.empty() || topics.back().name != partition.topic)
            topics.emplace_back().name = Text(partition.topic);
        topics.back().partitions.emplace_back(partition.index);
    }
    if (topics.empty()) return;
    try_until_possible([&](Connection& coordinator) {
        const auto answer = client_.ask<protocol::AddPartitionsToTxnResponse>(
            coordinator, request, {.version_max = add_by_client});
        for (const auto& topic : answer.results_by_topic_v3_and_below)
            for (const auto& result : topic.results_by_partition)
                if (result.partition_error_code != ErrorCode::none)
                    return result.partition_error_code;
        return ErrorCode::none;
    });
    partitions_.insert(partitions.begin(), partitions.end());
}

int32_t Transactions::sequence(const PartitionName& partition) const {
    const auto found = sequences_.find(partition);
    return found == sequences_.end() ? 0 : found->second;
}

void Transactions::advance(const PartitionName& partition, int32_t records) {
    // Sequence numbers go round at the end of int32.
    const auto next = static_cast<uint32_t>(sequence(partition)) + static_cast<uint32_t>(records);
    sequences_[partition] = static_cast<int32_t>(next & INT32_MAX);
}

void Transactions::end(bool commit) {
    if (partitions_.empty()) return;
    protocol::EndTxnRequest request;
    request.transactional_id = Text(id_);
    request.producer_id = producer_;
    request.producer_epoch = epoch_;
    request.committed = commit;
    try_until_possible([&](Connection& coordinator) {
        return client_
            .ask<protocol::EndTxnResponse>(coordinator, request, {.version_max = end_keeps_epoch})
            .error_code;
    });
    partitions_.clear();
}

}  // namespace barnabas::cli
