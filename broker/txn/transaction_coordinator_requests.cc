// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: requests of producers, from the wire to a command of the machine and
// back.
#include <algorithm>
#include <utility>

#include "broker/txn/transaction_coordinator_state.h"

namespace barnabas::broker {
namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using WireTopics = std::vector<AddPartitionsToTxnRequest::AddPartitionsToTxnTopic>;
using WireResults = std::vector<AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult>;

constexpr int16_t first_batched_version = 4;
constexpr int16_t first_bumping_end_version = 5;
constexpr int16_t bumping_transactions = 2;

// Clients that do not know of producer_fenced (KIP-360) know its predecessor.
ErrorCode for_version(ErrorCode error, bool knows_fenced) {
    return error == ErrorCode::producer_fenced && !knows_fenced ? ErrorCode::invalid_producer_epoch
                                                                : error;
}

WireResults results_for(const WireTopics& topics, ErrorCode error) {
    WireResults results;
    for (const auto& topic : topics) {
        auto& result = results.emplace_back();
        result.name = Text(topic.name.view());
        for (const PartitionIndex partition : topic.partitions)
            result.results_by_partition.push_back(
                {.partition_index = partition, .partition_error_code = error});
    }
    return results;
}

// All or nothing: one partition that is not there keeps the others out. True if all are there.
bool check_existence(const cluster::MetadataImage& image, WireResults& results) {
    bool all = true;
    for (auto& topic : results)
        for (auto& partition : topic.results_by_partition) {
            if (image.has(topic.name, partition.partition_index)) continue;
            partition.partition_error_code = ErrorCode::unknown_topic_or_partition;
            all = false;
        }
    if (all) return true;
    for (auto& topic : results)
        for (auto& partition : topic.results_by_partition)
            if (partition.partition_error_code == ErrorCode::none)
                partition.partition_error_code = ErrorCode::operation_not_attempted;
    return false;
}

StoredTransaction::Partitions partitions_of(const WireTopics& topics) {
    StoredTransaction::Partitions partitions;
    for (const auto& topic : topics)
        for (const PartitionIndex partition : topic.partitions)
            partitions.insert({topic.name.str(), partition});
    return partitions;
}

void set_errors(WireResults& results, const StoredTransaction::Partitions& partitions,
                const std::vector<ErrorCode>& errors) {
    for (auto& topic : results)
        for (auto& partition : topic.results_by_partition) {
            const auto found = partitions.find({topic.name.str(), partition.partition_index});
            ASSERT(found != partitions.end());
            const auto at = std::distance(partitions.begin(), found);
            partition.partition_error_code = errors.at(static_cast<size_t>(at));
        }
}

}  // namespace

Task<std::vector<ErrorCode>> TransactionCoordinator::State::add(std::shared_ptr<State> self,
                                                                AddPartitions command,
                                                                AddPartitionsMode mode) {
    const size_t count = command.partitions.size();
    if (mode == AddPartitionsMode::verify) {
        TransactionShard shard;
        const ErrorCode absent = self->find(command.id, shard);
        co_return shard ? shard->machine.verify(command) : std::vector(count, absent);
    }
    const std::string id = command.id;
    auto decide = [command = std::move(command)](const auto& machine, const auto& context) {
        return machine.decide_add(command, context);
    };
    auto adding = transact(std::move(self), id, std::move(decide));
    const TransactionAnswer answer = co_await std::move(adding);
    co_return std::vector(count, answer.error);
}

Task<std::vector<ErrorCode>> TransactionCoordinator::add_partitions_for(
    TransactionalProducer producer, std::vector<storage::TopicPartition> partitions,
    AddPartitionsMode mode) {
    AddPartitions command{.id = std::move(producer.transactional_id),
                          .producer = {producer.producer_id, producer.epoch},
                          .partitions = {partitions.begin(), partitions.end()},
                          .client_version = bumping_transactions};
    const StoredTransaction::Partitions sorted = command.partitions;
    auto adding = State::add(state_, std::move(command), mode);
    const std::vector<ErrorCode> errors = co_await std::move(adding);
    std::vector<ErrorCode> in_order;
    for (const storage::TopicPartition& partition : partitions) {
        const auto at = std::distance(sorted.begin(), sorted.find(partition));
        in_order.push_back(errors.at(static_cast<size_t>(at)));
    }
    co_return in_order;
}

Task<protocol::InitProducerIdResponse> TransactionCoordinator::init_producer_id(
    protocol::InitProducerIdRequest request, int16_t version) {
    const auto state = state_;
    protocol::InitProducerIdResponse response;
    response.producer_epoch = epoch_none;
    InitTransactions command{.timeout_ms = request.transaction_timeout_ms};
    if (request.transactional_id) command.id = request.transactional_id->str();
    if (request.producer_id != producer_id_none)
        command.expected = {request.producer_id, request.producer_epoch};
    TransactionAnswer answer;
    if (command.id.empty()) {
        answer.error = ErrorCode::invalid_request;
    } else if (command.timeout_ms <= 0 ||
               command.timeout_ms > state->config.transaction_max_timeout_ms) {
        answer.error = ErrorCode::invalid_transaction_timeout;
    } else {
        auto decide = [&command](const auto& machine, const auto& context) {
            return machine.decide_init(command, context);
        };
        auto running = State::transact(state, command.id, decide);
        answer = co_await std::move(running);
    }
    response.error_code = for_version(answer.error, version >= 4);
    if (answer.error == ErrorCode::none) {
        response.producer_id = answer.producer_id;
        response.producer_epoch = answer.epoch;
    }
    co_return response;
}

Task<AddPartitionsToTxnResponse> TransactionCoordinator::add_partitions(
    AddPartitionsToTxnRequest request, int16_t version) {
    const auto state = state_;
    const bool batched = version >= first_batched_version;
    if (!batched) {
        auto& one = request.transactions.emplace_back();
        one.transactional_id = request.v3_and_below_transactional_id;
        one.producer_id = request.v3_and_below_producer_id;
        one.producer_epoch = request.v3_and_below_producer_epoch;
        one.topics = std::move(request.v3_and_below_topics);
    }
    AddPartitionsToTxnResponse response;
    for (const auto& transaction : request.transactions) {
        WireResults results = results_for(transaction.topics, ErrorCode::none);
        if (check_existence(*state->cluster.image(), results)) {
            AddPartitions command{.id = transaction.transactional_id.str(),
                                  .producer = {transaction.producer_id, transaction.producer_epoch},
                                  .partitions = partitions_of(transaction.topics),
                                  .client_version = batched ? bumping_transactions : int16_t{0}};
            const StoredTransaction::Partitions partitions = command.partitions;
            const auto mode =
                transaction.verify_only ? AddPartitionsMode::verify : AddPartitionsMode::add;
            auto adding = State::add(state, std::move(command), mode);
            std::vector<ErrorCode> errors = co_await std::move(adding);
            for (ErrorCode& error : errors) error = for_version(error, version >= 2);
            set_errors(results, partitions, errors);
        }
        if (!batched) {
            response.results_by_topic_v3_and_below = std::move(results);
            break;
        }
        auto& result = response.results_by_transaction.emplace_back();
        result.transactional_id = Text(transaction.transactional_id.view());
        result.topic_results = std::move(results);
    }
    co_return response;
}

Task<protocol::AddOffsetsToTxnResponse> TransactionCoordinator::add_offsets(
    protocol::AddOffsetsToTxnRequest request, storage::TopicPartition offsets, int16_t version) {
    AddPartitions command{.id = request.transactional_id.str(),
                          .producer = {request.producer_id, request.producer_epoch},
                          .partitions = {std::move(offsets)}};
    auto adding = State::add(state_, std::move(command), AddPartitionsMode::add);
    const std::vector<ErrorCode> errors = co_await std::move(adding);
    protocol::AddOffsetsToTxnResponse response;
    response.error_code = for_version(errors.at(0), version >= 2);
    co_return response;
}

Task<protocol::EndTxnResponse> TransactionCoordinator::end(protocol::EndTxnRequest request,
                                                           int16_t version) {
    const bool bumping = version >= first_bumping_end_version;
    EndTransaction command{.id = request.transactional_id.str(),
                           .producer = {request.producer_id, request.producer_epoch},
                           .commit = request.committed,
                           .client_version = bumping ? bumping_transactions : int16_t{0}};
    auto decide = [&command](const auto& machine, const auto& context) {
        return machine.decide_end(command, context);
    };
    auto ending = State::transact(state_, command.id, decide);
    const TransactionAnswer answer = co_await std::move(ending);
    protocol::EndTxnResponse response;
    response.error_code = for_version(answer.error, version >= 2);
    if (bumping && answer.error == ErrorCode::none) {
        response.producer_id = answer.producer_id;
        response.producer_epoch = answer.epoch;
    }
    co_return response;
}

}  // namespace barnabas::broker
