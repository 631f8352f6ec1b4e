// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator: transactional ids of the __transaction_state partitions led here. The
// door of broker/txn for handlers and for the partition side. The state machine behind it is pure;
// this class runs it: looks up the partition, appends records, lets the machine know when those are
// committed, has the markers written, answers. Lives on shard 0.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "storage/log_types.h"

namespace barnabas::cluster {
class ClusterNode;
}

namespace barnabas::broker {

struct BrokerConfig;
class PartitionTable;
class ProducerIds;
class TransactionMarkerWriter;

// A producer as it names itself in requests.
struct TransactionalProducer {
    std::string transactional_id;
    ProducerId producer_id = producer_id_none;
    int16_t epoch = -1;
};

enum class AddPartitionsMode : int8_t { add, verify };

// What the coordinator works with; all outlive it.
struct TransactionServices {
    Clock& clock;
    const BrokerConfig& config;
    // Tells which partitions of __transaction_state are led here.
    PartitionTable& partitions;
    // The number of partitions, and features.
    const cluster::ClusterNode& cluster;
    ProducerIds& producer_ids;
    TransactionMarkerWriter& markers;
};

class TransactionCoordinator {
  public:
    TransactionCoordinator(boost::asio::any_io_executor executor, TransactionServices services);
    TransactionCoordinator(const TransactionCoordinator&) = delete;
    TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;
    virtual ~TransactionCoordinator();  // after stop()

    // Partition of __transaction_state that holds the id: Java's String.hashCode modulo the number
    // of partitions.
    PartitionIndex partition_of(std::string_view transactional_id) const;
    // Answers everybody who waits, then waits for what runs, at most until `deadline`.
    Task<void> stop(Nanos deadline);

    // For the partition side: one error per partition, in order. `verify`: none where the partition
    // is in the ongoing transaction of this producer, transaction_abortable where it is not. `add`
    // adds them (KIP-890 part 2); complete once that is committed in __transaction_state.
    // invalid_producer_id_mapping, producer_fenced, concurrent_transactions (retry soon),
    // not_coordinator, coordinator_load_in_progress, coordinator_not_available.
    virtual Task<std::vector<ErrorCode>> add_partitions_for(
        TransactionalProducer producer, std::vector<storage::TopicPartition> partitions,
        AddPartitionsMode mode);

    // Requests are taken by value: views in them live as long as the frame that the caller holds.
    // `init_producer_id` wants a transactional id.
    Task<protocol::InitProducerIdResponse> init_producer_id(protocol::InitProducerIdRequest request,
                                                            int16_t version);
    // v0-3: of a client. v4-5: of brokers, several transactions at once, perhaps to verify only.
    Task<protocol::AddPartitionsToTxnResponse> add_partitions(
        protocol::AddPartitionsToTxnRequest request, int16_t version);
    // `offsets` is the partition of __consumer_offsets that keeps the group.
    Task<protocol::AddOffsetsToTxnResponse> add_offsets(protocol::AddOffsetsToTxnRequest request,
                                                        storage::TopicPartition offsets,
                                                        int16_t version);
    // v5 and later: the producer goes on with the id and epoch of the answer.
    Task<protocol::EndTxnResponse> end(protocol::EndTxnRequest request, int16_t version);
    // Those of the partitions that are led here.
    Task<protocol::ListTransactionsResponse> list(protocol::ListTransactionsRequest request);
    Task<protocol::DescribeTransactionsResponse> describe(
        protocol::DescribeTransactionsRequest request);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas::broker
