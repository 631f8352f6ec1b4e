// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: refuses everything as a broker that leads no partition of
// __transaction_state does.
#include "broker/txn/transaction_coordinator.h"

#include <algorithm>
#include <utility>

#include "broker/broker_config.h"
#include "broker/coordinator/key_hash.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {
namespace {

constexpr const char* state_topic_name = "__transaction_state";
constexpr ErrorCode refused = ErrorCode::not_coordinator;

}  // namespace

struct TransactionCoordinator::State {
    const BrokerConfig& config;
    const cluster::ClusterNode& cluster;
};

TransactionCoordinator::TransactionCoordinator(boost::asio::any_io_executor, Clock&,
                                               const BrokerConfig& config, PartitionTable&,
                                               const cluster::ClusterNode& cluster, ProducerIds&)
    : state_(std::make_shared<State>(State{config, cluster})) {}

TransactionCoordinator::~TransactionCoordinator() = default;

PartitionIndex TransactionCoordinator::partition_of(std::string_view transactional_id) const {
    const auto topic = state_->cluster.image()->topic(state_topic_name);
    const int32_t count = topic ? static_cast<int32_t>(topic->partitions.size())
                                : state_->config.transaction_state_partitions;
    return PartitionIndex{partition_for_key(transactional_id, std::max(count, 1))};
}

Task<void> TransactionCoordinator::stop(Nanos) {
    co_return;
}

Task<std::vector<ErrorCode>> TransactionCoordinator::add_partitions_for(
    TransactionalProducer, std::vector<storage::TopicPartition> partitions, AddPartitionsMode) {
    co_return std::vector<ErrorCode>(partitions.size(), refused);
}

Task<protocol::InitProducerIdResponse> TransactionCoordinator::init_producer_id(
    protocol::InitProducerIdRequest) {
    protocol::InitProducerIdResponse response;
    response.producer_epoch = -1;
    response.error_code = refused;
    co_return response;
}

Task<protocol::AddPartitionsToTxnResponse> TransactionCoordinator::add_partitions(
    protocol::AddPartitionsToTxnRequest, int16_t) {
    protocol::AddPartitionsToTxnResponse response;
    response.error_code = refused;
    co_return response;
}

Task<protocol::AddOffsetsToTxnResponse> TransactionCoordinator::add_offsets(
    protocol::AddOffsetsToTxnRequest, int16_t) {
    protocol::AddOffsetsToTxnResponse response;
    response.error_code = refused;
    co_return response;
}

Task<protocol::EndTxnResponse> TransactionCoordinator::end(protocol::EndTxnRequest, int16_t) {
    protocol::EndTxnResponse response;
    response.error_code = refused;
    co_return response;
}

Task<protocol::ListTransactionsResponse> TransactionCoordinator::list(
    protocol::ListTransactionsRequest, int16_t) {
    protocol::ListTransactionsResponse response;
    response.error_code = ErrorCode::coordinator_not_available;
    co_return response;
}

Task<protocol::DescribeTransactionsResponse> TransactionCoordinator::describe(
    protocol::DescribeTransactionsRequest request) {
    protocol::DescribeTransactionsResponse response;
    for (const Text& id : request.transactional_ids) {
        auto& state = response.transaction_states.emplace_back();
        state.transactional_id = Text(id.view());
        state.error_code = refused;
    }
    co_return response;
}

}  // namespace barnabas::broker
