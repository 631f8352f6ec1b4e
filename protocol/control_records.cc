// SPDX-License-Identifier: Apache-2.0
// Control records: which key says what, and how their bodies are framed. Never decides when one is
// written.
#include "protocol/control_records.h"

#include <array>

#include "base/assert.h"
#include "protocol/message.h"

namespace barnabas::protocol {

namespace {

constexpr std::array<std::string_view, 7> type_names{
    "ABORT",           "COMMIT",        "LEADER_CHANGE", "SNAPSHOT_HEADER",
    "SNAPSHOT_FOOTER", "KRAFT_VERSION", "KRAFT_VOTERS"};
constexpr int16_t version_written = 0;

std::array<uint8_t, 4> control_key(ControlType type) {
    std::array<uint8_t, 4> key;
    store_be(key.data(), version_written);
    store_be(key.data() + 2, static_cast<int16_t>(type));
    return key;
}

// KRaft's control records carry their version as the first field of the schema; a transaction
// marker's schema does not, and its version stands before it.
template <class Body>
constexpr size_t version_prefix_size = requires(Body body) { body.version; } ? 0 : sizeof(int16_t);

template <class Body>
std::vector<uint8_t> control_value(const Body& body) {
    std::vector<uint8_t> value(version_prefix_size<Body>);
    if (!value.empty()) store_be(value.data(), version_written);
    const auto bytes = encode_message(body, version_written);
    value.insert(value.end(), bytes.begin(), bytes.end());
    return value;
}

template <class Body>
void add_body(RecordBatchBuilder& batch, int64_t timestamp_ms, ControlType type, const Body& body) {
    const auto key = control_key(type);
    const auto value = control_value(body);
    batch.add(timestamp_ms, Bytes(key), Bytes(value));
}

// A version above ours only adds what we do not know: it is read as our newest (KIP-98).
template <class Body>
Result<Body> decode_body(const RecordView& record, ControlType type) {
    TRY_ASSIGN(const ControlType found, control_type(record));
    if (found != type) return fail(ErrorCode::corrupt_message, "control record of another type");
    if (!record.value || record.value->size() < sizeof(int16_t))
        return fail(ErrorCode::corrupt_message, "control record value");
    const auto version = load_be<int16_t>(record.value->data());
    if (version < Body::version_min)
        return fail(ErrorCode::corrupt_message, "control record version");
    auto body = decode_message<Body>(record.value->subspan(version_prefix_size<Body>),
                                     std::min(version, Body::version_max));
    if (!body) return fail(ErrorCode::corrupt_message, body.error().where);
    return body;
}

}  // namespace

std::string_view control_type_name(ControlType type) {
    const auto index = static_cast<size_t>(static_cast<uint16_t>(type));
    return index < type_names.size() ? type_names[index] : std::string_view{};
}

Result<ControlType> control_type(const RecordView& record) {
    if (!record.key || record.key->size() < 4)
        return fail(ErrorCode::corrupt_message, "control record key");
    if (load_be<int16_t>(record.key->data()) < 0)
        return fail(ErrorCode::corrupt_message, "control record key version");
    return static_cast<ControlType>(load_be<int16_t>(record.key->data() + 2));
}

Result<EndTxnMarker> decode_end_transaction_marker(const RecordView& record) {
    TRY_ASSIGN(const ControlType type, control_type(record));
    const bool commit = type == ControlType::commit;
    return decode_body<EndTxnMarker>(record, commit ? ControlType::commit : ControlType::abort);
}
Result<LeaderChangeMessage> decode_leader_change(const RecordView& record) {
    return decode_body<LeaderChangeMessage>(record, ControlType::leader_change);
}
Result<SnapshotHeaderRecord> decode_snapshot_header(const RecordView& record) {
    return decode_body<SnapshotHeaderRecord>(record, ControlType::snapshot_header);
}
Result<SnapshotFooterRecord> decode_snapshot_footer(const RecordView& record) {
    return decode_body<SnapshotFooterRecord>(record, ControlType::snapshot_footer);
}
Result<KRaftVersionRecord> decode_kraft_version(const RecordView& record) {
    return decode_body<KRaftVersionRecord>(record, ControlType::kraft_version);
}
Result<VotersRecord> decode_kraft_voters(const RecordView& record) {
    return decode_body<VotersRecord>(record, ControlType::kraft_voters);
}

void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const LeaderChangeMessage& body) {
    add_body(batch, timestamp_ms, ControlType::leader_change, body);
}
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms,
                 const SnapshotHeaderRecord& body) {
    add_body(batch, timestamp_ms, ControlType::snapshot_header, body);
}
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms,
                 const SnapshotFooterRecord& body) {
    add_body(batch, timestamp_ms, ControlType::snapshot_footer, body);
}
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const KRaftVersionRecord& body) {
    add_body(batch, timestamp_ms, ControlType::kraft_version, body);
}
void add_control(RecordBatchBuilder& batch, int64_t timestamp_ms, const VotersRecord& body) {
    add_body(batch, timestamp_ms, ControlType::kraft_voters, body);
}

std::vector<uint8_t> end_transaction_batch(bool commit, ProducerId producer_id,
                                           int16_t producer_epoch, int32_t coordinator_epoch,
                                           int64_t timestamp_ms) {
    ASSERT(producer_id > producer_id_none, "a transaction has a producer");
    BatchOptions options;
    options.producer_id = producer_id;
    options.producer_epoch = producer_epoch;
    options.transactional = true;
    options.control = true;
    RecordBatchBuilder batch(options);
    EndTxnMarker marker;
    marker.coordinator_epoch = coordinator_epoch;
    add_body(batch, timestamp_ms, commit ? ControlType::commit : ControlType::abort, marker);
    return batch.build();
}

}  // namespace barnabas::protocol
