// SPDX-License-Identifier: Apache-2.0
// Control records: what brokers and the controller write into logs for one another and consumers
// never see. Key: int16 version 0, int16 type. Value: int16 version, then the body of that schema.
// Bodies are always written at version 0, as Kafka 4.3 does.
#pragma once

#include <string_view>

#include "protocol/record_batch_builder.h"
#include "protocol/records/control.h"

namespace barnabas::protocol {

enum class ControlType : int16_t {
    abort = 0,
    commit = 1,
    leader_change = 2,
    snapshot_header = 3,
    snapshot_footer = 4,
    kraft_version = 5,
    kraft_voters = 6,
};

// "ABORT", "LEADER_CHANGE", ... as Kafka's tools print them; empty for an unknown type.
std::string_view control_type_name(ControlType type);

// The type of a control record, by its key. Types that do not exist yet come out as they are. Fails
// with corrupt_message.
Result<ControlType> control_type(const RecordView& record);

// The bodies. Each fails with corrupt_message for bytes that are no such body.
Result<EndTxnMarker> decode_end_transaction_marker(const RecordView& record);
Result<LeaderChangeMessage> decode_leader_change(const RecordView& record);
Result<SnapshotHeaderRecord> decode_snapshot_header(const RecordView& record);
Result<SnapshotFooterRecord> decode_snapshot_footer(const RecordView& record);
Result<KRaftVersionRecord> decode_kraft_version(const RecordView& record);
Result<VotersRecord> decode_kraft_voters(const RecordView& record);

// Appends a control record to a batch whose options say `control`.
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const LeaderChangeMessage& body);
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const SnapshotHeaderRecord& body);
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const SnapshotFooterRecord& body);
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const KRaftVersionRecord& body);
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const VotersRecord& body);

// The marker that ends a transaction of that producer in one partition: a whole batch.
std::vector<uint8_t> end_transaction_batch(bool commit, ProducerId producer_id,
                                           int16_t producer_epoch, int32_t coordinator_epoch,
                                           int64_t timestamp_ms);

}  // namespace barnabas::protocol
