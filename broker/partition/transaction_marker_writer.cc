// SPDX-License-Identifier: Apache-2.0
// TransactionMarkerWriter: to which log a marker goes, and what became of it.
#include "broker/partition/transaction_marker_writer.h"

#include <utility>

#include "base/assert.h"
#include "cluster/topic_name.h"
#include "protocol/control_records.h"

namespace barnabas::broker {
namespace {

Task<ErrorCode> ready(ErrorCode error) {
    co_return error;
}

}  // namespace

storage::AppendRequest marker_append(const TransactionMarker& marker, int64_t now_ms) {
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(
        protocol::end_transaction_batch(marker.commit, marker.producer_id, marker.producer_epoch,
                                        marker.coordinator_epoch, now_ms));
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    request.origin = storage::AppendOrigin::coordinator;
    request.transaction.version = marker.transaction_version;
    request.now_ms = now_ms;
    return request;
}

ErrorCode TransactionMarkerWriter::reason_of_absence(
    const storage::TopicPartition& partition) const {
    return cluster_.image()->has(partition.topic, partition.partition)
               ? ErrorCode::not_leader_or_follower
               : ErrorCode::unknown_topic_or_partition;
}

Task<ErrorCode> TransactionMarkerWriter::write(storage::TopicPartition partition,
                                               TransactionMarker marker, Nanos deadline) {
    ASSERT(marker.producer_id.value >= 0 && marker.producer_epoch >= 0);
    auto found = partitions_.find(partition.topic, partition.partition);
    if (!found) return ready(reason_of_absence(partition));
    if (partition.topic == cluster::offsets_topic)
        return offsets_(partition.partition, marker, deadline);
    found->guards().end(marker.producer_id);
    auto append = found->append(marker_append(marker, clock_.wall_ms()), -1, deadline);
    return finish(std::move(found), std::move(append));
}

Task<ErrorCode> TransactionMarkerWriter::finish(std::shared_ptr<Partition> partition,
                                                Task<storage::AppendResult> append) {
    const storage::AppendResult result = co_await std::move(append);
    // The topic was deleted meanwhile: nothing is left of the transaction there.
    if (result.error != ErrorCode::none && partition->deleted())
        co_return ErrorCode::unknown_topic_or_partition;
    co_return result.error;
}

}  // namespace barnabas::broker
