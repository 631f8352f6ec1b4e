// SPDX-License-Identifier: Apache-2.0
// WriteTxnMarkers, api 27, v1-2. Ends transactions in partitions that are led here: asked for by
// coordinators on other brokers, and by an administrator who aborts a transaction that hangs.
// v2: the version of the transaction.
#include <utility>
#include <vector>

#include "broker/handlers/handlers.h"
#include "broker/partition/transaction_marker_writer.h"
#include "protocol/messages/write_txn_markers.h"

namespace barnabas::broker {
namespace {

using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

constexpr Nanos marker_timeout = std::chrono::seconds(30);

// Takes the marker's place in the log before it returns.
Task<ErrorCode> begin_write(RequestContext& ctx,
                            const WriteTxnMarkersRequest::WritableTxnMarker& one,
                            std::string_view topic, PartitionIndex partition) {
    const TransactionMarker marker{.producer_id = one.producer_id,
                                   .producer_epoch = one.producer_epoch,
                                   .coordinator_epoch = one.coordinator_epoch,
                                   .commit = one.transaction_result,
                                   .transaction_version = one.transaction_version};
    return ctx.services.markers.write({std::string(topic), partition}, marker,
                                      ctx.services.clock.after(marker_timeout));
}

// Is it a producer at all?
bool is_possible(const WriteTxnMarkersRequest::WritableTxnMarker& marker) {
    return marker.producer_id.value >= 0 && marker.producer_epoch >= 0;
}

// The answer, as if nothing could be written.
WriteTxnMarkersResponse shape_of(const WriteTxnMarkersRequest& request) {
    WriteTxnMarkersResponse response;
    for (const auto& marker : request.markers) {
        auto& result = response.markers.emplace_back();
        result.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
            auto& topic_result = result.topics.emplace_back();
            topic_result.name = Text(topic.name.view());
            for (const PartitionIndex index : topic.partition_indexes)
                topic_result.partitions.push_back(
                    {.partition_index = index, .error_code = ErrorCode::unknown_server_error});
        }
    }
    return response;
}

}  // namespace

Task<WriteTxnMarkersResponse> handle_write_txn_markers(RequestContext& ctx,
                                                       WriteTxnMarkersRequest request) {
    // As in Kafka, a marker for no partition has no answer.
    std::erase_if(request.markers, [](const auto& marker) { return marker.topics.empty(); });
    WriteTxnMarkersResponse response = shape_of(request);
    std::vector<std::pair<ErrorCode*, Task<ErrorCode>>> writes;
    for (size_t i = 0; i < request.markers.size(); ++i)
        for (auto& topic : response.markers[i].topics)
            for (auto& partition : topic.partitions)
                if (is_possible(request.markers[i]))
                    writes.emplace_back(&partition.error_code,
                                        begin_write(ctx, request.markers[i], topic.name,
                                                    partition.partition_index));
    for (auto& [error, writing] : writes) *error = co_await std::move(writing);
    co_return response;
}

}  // namespace barnabas::broker
