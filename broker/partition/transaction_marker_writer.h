// SPDX-License-Identifier: Apache-2.0
// TransactionMarkerWriter: ends a transaction in one partition that is led here, for the
// transaction coordinator (in this process, or by WriteTxnMarkers). Lives on shard 0. Never decides
// whether a transaction commits, never tries again.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "broker/partition/partition_table.h"
#include "broker/partition/transaction_marker.h"
#include "cluster/cluster_node.h"
#include "storage/log_types.h"

namespace barnabas::broker {

class TransactionMarkerWriter {
  public:
    // Ends transactions in partitions of __consumer_offsets, which the group coordinator owns.
    using OffsetsSink =
        std::function<Task<ErrorCode>(PartitionIndex, TransactionMarker, Nanos deadline)>;

    // All outlive the writer.
    TransactionMarkerWriter(Clock& clock, PartitionTable& partitions,
                            const cluster::ClusterNode& cluster, OffsetsSink offsets)
        : clock_(clock), partitions_(partitions), cluster_(cluster), offsets_(std::move(offsets)) {}

    // Appends the marker; the place in the log is taken before this returns. Completes with none
    // when it is committed and, in __consumer_offsets, when the group coordinator has applied it
    // (X16, X17). Errors: unknown_topic_or_partition where there is no such partition any more
    // (X14), not_leader_or_follower, kafka_storage_error, not_enough_replicas, request_timed_out
    // (it may still get there), invalid_producer_epoch, transaction_coordinator_fenced.
    Task<ErrorCode> write(storage::TopicPartition partition, TransactionMarker marker,
                          Nanos deadline);

  private:
    ErrorCode reason_of_absence(const storage::TopicPartition& partition) const;
    static Task<ErrorCode> finish(std::shared_ptr<Partition> partition,
                                  Task<storage::AppendResult> append);

    Clock& clock_;
    PartitionTable& partitions_;
    const cluster::ClusterNode& cluster_;
    const OffsetsSink offsets_;
};

}  // namespace barnabas::broker
